"""Server-side apply, and the tracking of who changed what in all other writes.

Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final, TypeAlias

import orjson
from msgspec import Struct, structs

from holdfast.engine.kube import managed_fields, typed_values
from holdfast.engine.kube.canonical import equal, without
from holdfast.engine.kube.field_sets import EMPTY, FieldSet, TypedError, from_object, owned
from holdfast.engine.kube.managed_fields import APPLY, UPDATE, ManagedFieldsEntry
from holdfast.engine.kube.path_elements import path_text
from holdfast.engine.kube.schema import SchemaNode
from holdfast.model.kube import KubeObject, metadata_of

MAX_UPDATE_ENTRIES: Final = 10
_ANCIENT: Final = "ancient-changes"
_BEFORE_FIRST_APPLY: Final = "before-first-apply"
_MANAGED_FIELDS: Final = ("metadata", "managedFields")
_STATUS: Final = FieldSet.of(("f:status",))

# Who holds fields by which kind of write: manager, operation, API version ("" for Apply) and subresource.
_Holder: TypeAlias = tuple[str, str, str, str]
_Entries: TypeAlias = dict[_Holder, ManagedFieldsEntry]


class FieldConflict(Struct, frozen=True):
    """A field that the configuration would change and another manager holds."""

    manager: str
    api_version: str
    operation: str
    path: str
    subresource: str = ""

    @property
    def holder(self) -> str:
        """As the server names the manager in its message."""
        name = orjson.dumps(self.manager).decode()
        if self.subresource:
            name += f" with subresource {orjson.dumps(self.subresource).decode()}"
        return f"{name} using {self.api_version}" if self.operation == UPDATE else name


class ApplyConflict(Exception):
    """Other managers hold fields that the configuration would change; the text is the server's."""

    def __init__(self, conflicts: tuple[FieldConflict, ...]) -> None:
        super().__init__(_conflict_message(conflicts))
        self.conflicts = conflicts


def _conflict_message(conflicts: tuple[FieldConflict, ...]) -> str:
    if len(conflicts) == 1:
        return f"Apply failed with 1 conflict: conflict with {conflicts[0].holder}: {conflicts[0].path}"
    paths: dict[str, list[str]] = {}
    for conflict in conflicts:
        paths.setdefault(conflict.holder, []).append(conflict.path)
    lines: list[str] = []
    for holder, held in sorted(paths.items()):
        lines += [f"conflicts with {holder}:", *(f"- {path}" for path in held)]
    return f"Apply failed with {len(conflicts)} conflicts: " + "\n".join(lines)


def apply(
    live: KubeObject | None,
    config: KubeObject,
    *,
    manager: str,
    node: SchemaNode,
    force: bool,
    now: str,
    subresource: str = "",
    reset_fields: FieldSet | None = None,
) -> KubeObject:
    """The object that the server stores for this configuration; `live` itself when nothing changes.

    Fields of `reset_fields` are not taken from the configuration. Raises ApplyConflict, and TypedError when the
    configuration does not fit the schema.
    """
    fields = from_object(config, node)
    api_version = str(config.get("apiVersion") or "")
    if reset_fields is not None:
        fields = fields.without_branches(reset_fields)
        config = typed_values.remove(config, reset_fields.tree, node)
    entries = _entries_before_apply(live, node, now, reset_fields)
    me: _Holder = (manager, APPLY, "", subresource)
    previous = entries.get(me)
    if previous is not None and previous.fields == fields:
        fields = previous.fields
    entry = ManagedFieldsEntry(manager, APPLY, api_version, fields, now, subresource)
    entries[me] = entry
    before = without(live, _MANAGED_FIELDS) if live is not None else {}
    merged = laid_over = typed_values.merge(before, without(config, _MANAGED_FIELDS), node)
    if previous is not None and previous.fields is not fields:
        merged = _without_abandoned(laid_over, previous.fields, entries.values(), node)
    change = typed_values.compare(before, merged, node)
    if reset_fields is not None:
        change = change.without_branches(reset_fields)
    settled = _settled(entries, me, change, force=force)
    is_same = settled == entries and _is_same_entry(previous, entry)
    if live is not None and equal(merged, before):
        # The time is that of a change of the object: to share what it holds, or to give it up, is none.
        settled[me] = structs.replace(entry, time=previous.time if previous is not None else "")
    if change.added.tree or merged is not laid_over:
        # What is said and not stored, such as an empty map of annotations, was a change until here.
        merged = typed_values.as_stored(merged, node)
    held = _not_empty(settled)
    is_settled = live is not None and (metadata_of(live).get("managedFields") or not held)
    if live is not None and is_same and is_settled and equal(merged, before):
        return live
    return managed_fields.with_entries(merged, held)


def _entries_before_apply(
    live: KubeObject | None, node: SchemaNode, now: str, reset_fields: FieldSet | None
) -> _Entries:
    """The holders of the live object; what nobody holds yet was there before the first apply."""
    if live is None:
        return {}
    entries = _by_holder(managed_fields.entries_of(live))
    if entries:
        return entries
    tracked = track_update(None, live, manager=_BEFORE_FIRST_APPLY, node=node, now=now, reset_fields=reset_fields)
    return _by_holder(managed_fields.entries_of(tracked))


def _by_holder(entries: Iterable[ManagedFieldsEntry]) -> _Entries:
    found: _Entries = {}
    for entry in entries:
        holder = _holder_of(entry)
        same = found.get(holder)
        found[holder] = entry if same is None else structs.replace(entry, fields=entry.fields.union(same.fields))
    return found


def _holder_of(entry: ManagedFieldsEntry) -> _Holder:
    version = entry.api_version if entry.operation == UPDATE else ""
    return entry.manager, entry.operation, version, entry.subresource


def _is_same_entry(previous: ManagedFieldsEntry | None, entry: ManagedFieldsEntry) -> bool:
    if previous is None:
        return entry.fields.is_empty
    return previous.api_version == entry.api_version and previous.fields is entry.fields


def _not_empty(entries: _Entries) -> tuple[ManagedFieldsEntry, ...]:
    return tuple(entry for entry in entries.values() if not entry.fields.is_empty)


def _without_abandoned(
    merged: dict[str, Any], previous: FieldSet, entries: Iterable[ManagedFieldsEntry], node: SchemaNode
) -> dict[str, Any]:
    """`merged` without what this manager held before and nobody holds now."""
    held = EMPTY
    for entry in entries:
        held = held.union(entry.fields)
    gone = typed_values.abandoned(previous.tree, held.tree, node)
    return typed_values.remove(merged, gone, node) if gone else merged


def _settled(entries: _Entries, me: _Holder, change: typed_values.Comparison, *, force: bool) -> _Entries:
    """The entries of the others without what they lose by the change. Raises ApplyConflict unless forced."""
    written = change.written
    conflicts: list[FieldConflict] = []
    settled: _Entries = {}
    for holder, entry in entries.items():
        if holder == me or change.same:
            settled[holder] = entry
            continue
        lost = entry.fields.intersection(written)
        if not force:
            conflicts += [
                FieldConflict(entry.manager, entry.api_version, entry.operation, path_text(path), entry.subresource)
                for path in lost.paths()
            ]
        fields = entry.fields.difference(lost).difference(change.removed)
        settled[holder] = structs.replace(entry, fields=fields) if fields is not entry.fields else entry
    if conflicts:
        raise ApplyConflict(tuple(sorted(conflicts, key=lambda conflict: conflict.holder)))
    return settled


def track_update(
    before: KubeObject | None,
    after: KubeObject,
    *,
    manager: str,
    node: SchemaNode,
    now: str,
    subresource: str = "",
    reset_fields: FieldSet | None = None,
) -> KubeObject:
    """`after` with the managedFields that a create, replace or patch leaves.

    An object in which fields cannot be told apart keeps the entries it had.
    """
    entries = _entries_for_update(before, after)
    if before is not None and not entries:
        # An object that is not tracked stays so until somebody applies to it.
        return managed_fields.with_entries(after, ())
    old = without(before, _MANAGED_FIELDS) if before is not None else {"metadata": {}}
    try:
        change = typed_values.compare(old, without(after, _MANAGED_FIELDS), node)
    except TypedError:
        return managed_fields.with_entries(after, _not_empty(entries))
    if reset_fields is not None:
        change = change.without_branches(reset_fields)
    api_version = str(after.get("apiVersion") or "")
    me: _Holder = (manager, UPDATE, api_version, subresource)
    settled = _settled(entries, ("", "", "", ""), change, force=True)
    mine = owned(change.written)
    if not mine.is_empty:
        if me in settled:
            mine = mine.union(settled[me].fields)
        settled[me] = ManagedFieldsEntry(manager, UPDATE, api_version, mine, now, subresource)
    return managed_fields.with_entries(after, _capped(_not_empty(settled)))


def _entries_for_update(before: KubeObject | None, after: KubeObject) -> _Entries:
    """What the writer sends counts when it can be read; one empty entry resets all; else the live object's counts."""
    sent = metadata_of(after).get("managedFields")
    if sent == [{}]:
        return {}
    try:
        entries = managed_fields.entries_of(after)
    except ValueError:
        entries = ()
    if not entries and before is not None:
        entries = managed_fields.entries_of(before)
    return _by_holder(entries)


def _capped(entries: tuple[ManagedFieldsEntry, ...]) -> tuple[ManagedFieldsEntry, ...]:
    """At most ten Update entries: the oldest ones of a version become one, named "ancient-changes"."""
    updates = sorted(
        (entry for entry in entries if entry.operation == UPDATE), key=lambda entry: (entry.time, entry.manager)
    )
    surplus = len(updates) - MAX_UPDATE_ENTRIES
    if surplus <= 0:
        return entries
    kept = [entry for entry in entries if entry.operation != UPDATE]
    buckets: dict[str, ManagedFieldsEntry] = {}
    for entry in updates:
        bucket = buckets.get(entry.api_version)
        if surplus > 0 and bucket is not None:
            fields = bucket.fields.union(entry.fields)
            buckets[entry.api_version] = ManagedFieldsEntry(_ANCIENT, UPDATE, entry.api_version, fields, entry.time)
            surplus -= 1
        elif bucket is None:
            buckets[entry.api_version] = entry
        else:
            kept.append(entry)
    return (*kept, *buckets.values())


def status_fields() -> FieldSet:
    """What a write to the main resource of a kind with a status subresource cannot touch."""
    return _STATUS


def all_but_status(node: SchemaNode, metadata: Sequence[str]) -> FieldSet:
    """What a write to the status subresource cannot touch: these fields of the metadata, and all others but the status."""
    others = (name for name in node.field_names if name not in ("metadata", "status"))
    return FieldSet.of(*(("f:" + name,) for name in others), *(("f:metadata", "f:" + name) for name in metadata))
