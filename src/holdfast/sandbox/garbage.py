"""Collects what has no owner left, and carries out foreground deletion and orphaning."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.sandbox.deletion import FOREGROUND, ORPHAN, Deleter, store, without_finalizer
from holdfast.sandbox.places import Place
from holdfast.sandbox.registry import Registry
from holdfast.sandbox.request_options import DeleteOptions
from holdfast.sandbox.storage import Change, Collection, Key, Storage, Stored
from holdfast.sandbox.work_queue import WorkQueue

NAME: Final = "garbage"


class GarbageCollector:
    """Works on one object at a time, from what is stored at that moment."""

    def __init__(self, registry: Registry, storage: Storage, deleter: Deleter, queue: WorkQueue) -> None:
        self._registry = registry
        self._storage = storage
        self._deleter = deleter
        self._queue = queue
        for collection in storage.collections():
            for stored in storage.all_in(collection):
                if stored.owners or stored.is_being_deleted:
                    queue.add(self.work, collection, stored.key)

    def note(self, collection: Collection, change: Change) -> None:
        """Remembers what a change may have left to do."""
        if change.after is not None:
            if change.after.owners or change.after.is_being_deleted:
                self._queue.add(self.work, collection, change.key)
            if change.before is None or change.before.uid == change.after.uid:
                return
        if change.before is not None:
            for dependents, stored in self._storage.dependents(change.before.uid):
                self._queue.add(self.work, dependents, stored.key)
            for owner in change.before.owners:
                found = self._storage.by_uid(owner.uid)
                if found is not None:
                    self._queue.add(self.work, found[0], found[1].key)

    def work(self, collection: Collection, key: Key) -> None:
        stored = self._storage.get(collection, key)
        if stored is None:
            return
        if stored.is_being_deleted:
            finalizers = stored.decode()["metadata"].get("finalizers") or ()
            if ORPHAN in finalizers:
                self._orphan(collection, stored)
            elif FOREGROUND in finalizers:
                self._delete_dependents(collection, stored)
            return
        if stored.owners:
            self._judge_dependent(collection, stored)

    def _orphan(self, collection: Collection, owner: Stored) -> None:
        for dependents, stored in self._storage.dependents(owner.uid):
            self._drop_owners(dependents, stored, {owner.uid})
        store(self._storage, collection, without_finalizer(owner.decode(), ORPHAN))

    def _delete_dependents(self, collection: Collection, owner: Stored) -> None:
        dependents = self._storage.dependents(owner.uid)
        for place, stored in dependents:
            others = [each for each in stored.owners if each.uid != owner.uid and self._exists(each.uid)]
            if others:
                self._drop_owners(place, stored, {owner.uid})
            elif not stored.is_being_deleted:
                policy = "Foreground" if self._storage.dependents(stored.uid) else "Background"
                self._delete(place, stored, policy)
        blocking = [
            stored
            for _, stored in self._storage.dependents(owner.uid)
            if any(each.uid == owner.uid and each.blocks_deletion for each in stored.owners)
        ]
        if blocking:
            return
        current = self._storage.get(collection, owner.key)
        if current is not None and current.uid == owner.uid:
            store(self._storage, collection, without_finalizer(current.decode(), FOREGROUND))

    def _judge_dependent(self, collection: Collection, stored: Stored) -> None:
        gone = {owner.uid for owner in stored.owners if not self._exists(owner.uid)}
        if not gone:
            return
        if len(gone) < len(stored.owners):
            self._drop_owners(collection, stored, gone)
        else:
            self._delete(collection, stored, "")

    def _exists(self, uid: str) -> bool:
        return self._storage.by_uid(uid) is not None

    def _drop_owners(self, collection: Collection, stored: Stored, uids: set[str]) -> None:
        obj: KubeObject = stored.decode()
        metadata: dict[str, Any] = dict(obj["metadata"])
        left = [owner for owner in metadata.get("ownerReferences") or () if owner.get("uid") not in uids]
        if left:
            metadata["ownerReferences"] = left
        else:
            metadata.pop("ownerReferences", None)
        store(self._storage, collection, {**obj, "metadata": metadata})

    def _delete(self, collection: Collection, stored: Stored, policy: str) -> None:
        served = self._registry.storage_type(collection)
        if served is None:
            return
        place = Place(served, stored.key.namespace, stored.key.name)
        try:
            self._deleter.delete(place, DeleteOptions(policy=policy or "Background", uid=stored.uid))
        except (errors.NotFound, errors.Conflict):
            return
