"""The live objects as this process knows them: what the watches saw, and what it has itself written since.

A watch tells of a write a moment after the write was answered. Until then the answer counts, so that no decision is
taken on a state that this process has already changed.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from holdfast.engine.plan import tracking
from holdfast.model.keys import GroupKind, NamespacedName, ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.runtime.store import Store, live_object

INSTANCE = "instance"
"""The index of the store by the application that owns an object."""

DELETING = "1970-01-01T00:00:00Z"
"""The deletionTimestamp of an object whose deletion was asked for and not seen yet."""


def instance_of(obj: LiveObject) -> tuple[str, ...]:
    owner = tracking.owner_instance(obj.key, obj.metadata.annotations)
    return (owner,) if owner else ()


def is_newer(version: str, than: str) -> bool:
    """Resource versions of one object are compared as numbers where they are numbers.

    Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
    """
    if version.isdigit() and than.isdigit():
        return int(version) > int(than)
    return version != than


class _Write(Struct, frozen=True):
    live: LiveObject
    by: NamespacedName | None


class LiveView:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._written: dict[ObjectKey, _Write] = {}
        self._deleted: dict[ObjectKey, str] = {}

    def get(self, key: ObjectKey) -> LiveObject | None:
        """The latest state that is known; one whose deletion was asked for has a deletionTimestamp."""
        latest = self._own(key) or self._store.get(key)
        if latest is None or latest.metadata.deletion_timestamp or self._deleted.get(key) != latest.metadata.uid:
            return latest
        return _as_deleted(latest)

    def _own(self, key: ObjectKey) -> LiveObject | None:
        """The own write that no watch has told of yet.

        An answer may come after the watch has told of the write and of the object's end; and a list may pass both over.
        """
        written = self._written.get(key)
        if written is None:
            return None
        if self._store.has_reached(key.group_kind, written.live.metadata.resource_version):
            del self._written[key]
            return None
        return written.live

    def owned_by(self, instance: str) -> list[LiveObject]:
        keys = {obj.key for obj in self._store.indexed(INSTANCE, instance)}
        keys |= set(self._written)
        found = [obj for key in sorted(keys) if (obj := self.get(key)) is not None]
        return [obj for obj in found if instance_of(obj) == (instance,)]

    def owned_by_uid(self, uid: str, kind: GroupKind) -> list[LiveObject]:
        """The objects of a kind that name this uid among their owners, save those being deleted."""
        keys = {obj.key for obj in self._store.owned_by(uid)}
        keys |= {
            key
            for key, write in self._written.items()
            if uid in {it.uid for it in write.live.metadata.owner_references}
        }
        found = [self.get(key) for key in sorted(keys) if key.group_kind == kind]
        return [obj for obj in found if obj is not None and not obj.metadata.deletion_timestamp]

    def unowned_in(self, namespace: str) -> list[ObjectKey]:
        """What belongs to no application and to no other object."""
        return [
            obj.key
            for obj in self._store
            if namespace and obj.metadata.namespace == namespace and not obj.metadata.owner_references
            if not instance_of(obj)
        ]

    def wrote(self, obj: KubeObject, by: NamespacedName | None = None) -> LiveObject:
        """Takes in the server's answer to a write. `by` is the application in whose reconcile it was made, and which goes
        by it from now on."""
        live = live_object(obj)
        seen = self._store.get(live.key)
        if seen is None or is_newer(live.metadata.resource_version, seen.metadata.resource_version):
            self._written[live.key] = _Write(live, by)
        return live

    def deleted(self, key: ObjectKey, uid: str) -> None:
        self._deleted[key] = uid

    def saw(self, old: LiveObject | None, new: LiveObject | None) -> NamespacedName | None:
        """The watch has told of a change: own writes that it has caught up with are forgotten.

        Answers the application that has made this very change, and knows it already.
        """
        seen = new or old
        if seen is None:
            return None
        key, author = seen.key, None
        written = self._written.get(key)
        if written is not None:
            own, told = written.live.metadata, seen.metadata
            if new is not None and own.resource_version == told.resource_version:
                author = written.by
            caught_up = not is_newer(own.resource_version, told.resource_version)
            if caught_up or (new is None and own.uid == told.uid):
                del self._written[key]
        if new is None or self._deleted.get(key) != new.metadata.uid:
            self._deleted.pop(key, None)
        return author


def _as_deleted(live: LiveObject) -> LiveObject:
    metadata = msgspec.structs.replace(live.metadata, deletion_timestamp=DELETING)
    if not live.is_whole:
        return msgspec.structs.replace(live, metadata=metadata)
    obj = live.decode()
    marked = {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": DELETING}}
    return msgspec.structs.replace(live, metadata=metadata, raw=msgspec.json.encode(marked), packed=b"")
