"""Takes over the fields that a client-side apply left, so that what leaves Git leaves the cluster too.

kubectl and Argo CD used to apply on the client: their fields stand in managedFields as an Update, beside which a
server-side apply of the same name holds only its own. A field that is no longer desired would then stay for ever.
Source: https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#client-side-apply-migration
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from holdfast.engine.kube import canonical, managed_fields
from holdfast.engine.kube.field_sets import FieldSet
from holdfast.engine.kube.managed_fields import APPLY, UPDATE, ManagedFieldsEntry
from holdfast.engine.plan import options
from holdfast.model.kube import KubeObject, metadata_of, resource_version_of
from holdfast.model.names import FIELD_MANAGER, Annotation

KUBECTL = "kubectl-client-side-apply"

NO_MANAGERS: frozenset[str] = frozenset()


def managers(annotations: Mapping[str, str], sync_options: Iterable[str]) -> frozenset[str]:
    """Whose fields are taken over for an application; it may name one more by its annotation."""
    if "ClientSideApplyMigration=false" in sync_options:
        return NO_MANAGERS
    named = annotations.get(Annotation.CLIENT_SIDE_APPLY_MIGRATION_MANAGER, "").strip()
    return frozenset({KUBECTL, *([named] if named else [])})


def patch(live: KubeObject | None, desired: KubeObject, left_by: frozenset[str]) -> list[dict[str, Any]] | None:
    """The JSON patch that makes those fields ours, None where there are none. It fits only the version it was made for."""
    found = _split(live, desired, left_by)
    if live is None or found is None:
        return None
    taken, others = found
    mine = next((one for one in others if _is_ours(one)), None)
    fields, latest = _together(taken), max(taken, key=lambda one: one.time)
    entry = ManagedFieldsEntry(
        FIELD_MANAGER,
        APPLY,
        mine.api_version if mine is not None else latest.api_version,
        fields.union(mine.fields) if mine is not None else fields,
        latest.time,
    )
    kept = tuple(one for one in others if one is not mine)
    written = managed_fields.with_entries(live, (*kept, entry))
    return [
        {"op": "replace", "path": "/metadata/managedFields", "value": metadata_of(written)["managedFields"]},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": resource_version_of(live)},
    ]


def without_abandoned(
    answer: KubeObject, live: KubeObject | None, desired: KubeObject, left_by: frozenset[str]
) -> KubeObject | None:
    """What a dry-run's answer would be after the migration, before defaults; None where it would be the same.

    The answer's own entry says which fields are desired; what only those managers hold beside them goes.
    """
    found = _split(live, desired, left_by)
    if found is None:
        return None
    taken, others = found
    abandoned = _together(taken)
    for one in (*others, *(entry for entry in _entries(answer) if _is_ours(entry))):
        abandoned = abandoned.difference(one.fields)
    left = canonical.without(answer, ("metadata", "managedFields"))
    stripped: KubeObject = _without(left, _below(abandoned.tree))
    return stripped if not canonical.equal(stripped, left) else None


def is_due(live: KubeObject | None, desired: KubeObject, left_by: frozenset[str]) -> bool:
    return _split(live, desired, left_by) is not None


def _split(
    live: KubeObject | None, desired: KubeObject, left_by: frozenset[str]
) -> tuple[tuple[ManagedFieldsEntry, ...], tuple[ManagedFieldsEntry, ...]] | None:
    """The entries to take over, and the others."""
    if live is None or not left_by or options.has(desired, "ClientSideApplyMigration=false"):
        return None
    entries = _entries(live)
    taken = tuple(one for one in entries if one.operation == UPDATE and not one.subresource and one.manager in left_by)
    return (taken, tuple(one for one in entries if one not in taken)) if taken else None


def _entries(obj: KubeObject) -> tuple[ManagedFieldsEntry, ...]:
    try:
        return managed_fields.entries_of(obj)
    except ValueError:
        return ()


def _is_ours(entry: ManagedFieldsEntry) -> bool:
    return entry.manager == FIELD_MANAGER and entry.operation == APPLY and not entry.subresource


def _together(entries: Iterable[ManagedFieldsEntry]) -> FieldSet:
    fields = FieldSet({})
    for one in entries:
        fields = fields.union(one.fields)
    return fields


def _below(tree: Mapping[str, Any]) -> Mapping[str, Any]:
    """Never the identity of the object."""
    kept = dict(tree)
    for name in ("f:apiVersion", "f:kind", "f:status"):
        kept.pop(name, None)
    metadata = {key: value for key, value in (kept.pop("f:metadata", None) or {}).items() if key in _METADATA}
    return {**kept, "f:metadata": metadata} if metadata else kept


_METADATA = frozenset({"f:labels", "f:annotations", "f:finalizers", "f:ownerReferences"})


def _without(value: Any, tree: Mapping[str, Any]) -> Any:
    """The value without what the tree holds: what is nowhere held goes, what is held above others' fields stays."""
    if isinstance(value, dict):
        return {
            name: _without(inner, tree.get(f"f:{name}") or {})
            for name, inner in value.items()
            if not _goes(inner, tree.get(f"f:{name}"))
        }
    if isinstance(value, list):
        elements = [(element, tree[element]) for element in tree if element[:2] in ("k:", "v:")]
        kept = []
        for item in value:
            below = next((inner for element, inner in elements if _fits(element, item)), None)
            if not _goes(item, below):
                kept.append(_without(item, below or {}))
        return kept
    return value


def _goes(value: Any, tree: Mapping[str, Any] | None) -> bool:
    """It is held as a whole, or is a member all of whose fields go."""
    if tree is None:
        return False
    if not tree:
        return True
    return "." in tree and isinstance(value, dict) and not _without(value, tree)


def _fits(element: str, item: Any) -> bool:
    said = orjson.loads(element[2:])
    if element.startswith("v:"):
        return bool(item == said)
    return isinstance(item, dict) and all(item.get(name) == value for name, value in said.items())
