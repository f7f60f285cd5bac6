"""The entries of metadata.managedFields: who holds which field of an object."""

from __future__ import annotations

from typing import Any, Final

from msgspec import Struct

from holdfast.engine.kube.field_sets import FieldSet, Path
from holdfast.model.kube import KubeObject, metadata_of

APPLY: Final = "Apply"
UPDATE: Final = "Update"


class ManagedFieldsEntry(Struct, frozen=True):
    """`operation` is "Apply" or "Update"; `time` is RFC 3339 or ""."""

    manager: str
    operation: str
    api_version: str
    fields: FieldSet
    time: str = ""
    subresource: str = ""


def entries_of(obj: KubeObject) -> tuple[ManagedFieldsEntry, ...]:
    """Raises ValueError for entries that cannot be read."""
    listed = metadata_of(obj).get("managedFields") or ()
    if not isinstance(listed, list | tuple):
        raise ValueError("metadata.managedFields: expected a list")
    return tuple(_read(entry) for entry in listed)


def _read(entry: Any) -> ManagedFieldsEntry:
    if not isinstance(entry, dict):
        raise ValueError("metadata.managedFields: expected a list of objects")
    operation = entry.get("operation")
    if operation not in (APPLY, UPDATE):
        raise ValueError(f"metadata.managedFields: operation must be Apply or Update, not {operation!r}")
    if entry.get("fieldsType") != "FieldsV1":
        raise ValueError(f"metadata.managedFields: fieldsType must be FieldsV1, not {entry.get('fieldsType')!r}")
    return ManagedFieldsEntry(
        manager=str(entry.get("manager") or ""),
        operation=operation,
        api_version=str(entry.get("apiVersion") or ""),
        fields=FieldSet.from_fields_v1(entry.get("fieldsV1") or {}),
        time=str(entry.get("time") or ""),
        subresource=str(entry.get("subresource") or ""),
    )


def with_entries(obj: KubeObject, entries: tuple[ManagedFieldsEntry, ...]) -> KubeObject:
    """`obj` with these entries in the server's order, or without the field when there are none."""
    metadata = {key: value for key, value in metadata_of(obj).items() if key != "managedFields"}
    if entries:
        metadata["managedFields"] = [_written(entry) for entry in sorted(entries, key=_order)]
    return {**obj, "metadata": metadata}


def _order(entry: ManagedFieldsEntry) -> tuple[str, ...]:
    return entry.operation, entry.time, entry.manager, entry.api_version, entry.subresource


def _written(entry: ManagedFieldsEntry) -> dict[str, Any]:
    written: dict[str, Any] = {
        "manager": entry.manager,
        "operation": entry.operation,
        "apiVersion": entry.api_version,
    }
    if entry.time:
        written["time"] = entry.time
    written |= {"fieldsType": "FieldsV1", "fieldsV1": entry.fields.to_fields_v1()}
    if entry.subresource:
        written["subresource"] = entry.subresource
    return written


def owners_of(obj: KubeObject, path: Path) -> tuple[ManagedFieldsEntry, ...]:
    """The entries that hold the path (see path_elements.fields) or anything below it, the latest write first."""
    holders = [entry for entry in entries_of(obj) if entry.fields.has_any_within(path)]
    return tuple(sorted(holders, key=lambda entry: entry.time, reverse=True))
