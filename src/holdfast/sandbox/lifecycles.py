"""What the controllers of namespaces and of definitions do: fill a new namespace, empty what is being deleted."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final

from holdfast.engine.lang import instants
from holdfast.model import errors
from holdfast.model.kube import KubeObject
from holdfast.ports.clock import Clock
from holdfast.sandbox import namespaces
from holdfast.sandbox.custom_resources import DEFINITIONS
from holdfast.sandbox.deletion import DEFINITION_CLEANUP, Deleter, store, without_finalizer
from holdfast.sandbox.namespaces import NAMESPACES
from holdfast.sandbox.places import Place
from holdfast.sandbox.registry import Registry
from holdfast.sandbox.request_options import DeleteOptions, WriteOptions
from holdfast.sandbox.storage import Change, Collection, Key, Storage, Stored
from holdfast.sandbox.work_queue import WorkQueue
from holdfast.sandbox.writing import Writer

CONTROLLER: Final = "kube-controller-manager"


class Lifecycles:
    """Works on one namespace or definition at a time, from what is stored at that moment."""

    def __init__(
        self, registry: Registry, storage: Storage, writer: Writer, deleter: Deleter, queue: WorkQueue, clock: Clock
    ) -> None:
        self._registry = registry
        self._storage = storage
        self._writer = writer
        self._deleter = deleter
        self._queue = queue
        self._clock = clock
        for collection, work in ((NAMESPACES, self.namespace), (DEFINITIONS, self.definition)):
            for stored in storage.all_in(collection):
                queue.add(work, stored.key)

    def note(self, collection: Collection, change: Change) -> None:
        """Remembers what a change may have left to do."""
        if collection == NAMESPACES and change.after is not None:
            self._queue.add(self.namespace, change.key)
        elif collection == DEFINITIONS and change.after is not None and change.after.is_being_deleted:
            self._queue.add(self.definition, change.key)
        elif change.key.namespace and self._is_going(NAMESPACES, change.key.namespace):
            self._queue.add(self.namespace, Key("", change.key.namespace))
        elif change.after is None and collection.group:
            name = f"{collection.plural}.{collection.group}"
            if self._is_going(DEFINITIONS, name):
                self._queue.add(self.definition, Key("", name))

    def _is_going(self, collection: Collection, name: str) -> bool:
        stored = self._storage.get(collection, Key("", name))
        return stored is not None and stored.is_being_deleted

    def namespace(self, key: Key) -> None:
        """Fills a namespace, or empties it and lets it go."""
        stored = self._storage.get(NAMESPACES, key)
        if stored is None:
            return
        if not stored.is_being_deleted:
            self._fill(key.name)
            return
        obj = stored.decode()
        finalizers = (obj.get("spec") or {}).get("finalizers") or []
        if "kubernetes" not in finalizers:
            return
        for collection, each in self._contents(key.name):
            if not each.is_being_deleted:
                self._delete(collection, each)
        left = self._contents(key.name)
        self._report(obj, left)
        if not left:
            self._finalize(key)

    def _fill(self, name: str) -> None:
        for plural, obj in namespaces.contents_of(name):
            served = self._registry.find("", "v1", plural)
            key = Key(name, obj["metadata"]["name"])
            if served is not None and self._storage.get(served.collection, key) is None:
                self._writer.create(Place(served, name), obj, WriteOptions(manager=CONTROLLER))

    def _contents(self, name: str) -> list[tuple[Collection, Stored]]:
        return [
            (collection, stored)
            for collection in self._storage.collections()
            for stored in self._storage.all_in(collection, name)
        ]

    def _report(self, obj: KubeObject, left: list[tuple[Collection, Stored]]) -> None:
        """Writes the conditions when they say something new."""
        remaining: Counter[str] = Counter()
        finalizers: Counter[str] = Counter()
        for collection, stored in left:
            remaining[f"{collection.plural}.{collection.group}"] += 1
            finalizers.update(stored.decode()["metadata"].get("finalizers") or ())
        now = instants.stamp(self._clock.now())
        conditions = namespaces.emptying_conditions(dict(remaining), dict(finalizers), now)
        before = (obj.get("status") or {}).get("conditions") or []
        if [_said(each) for each in before] == [_said(each) for each in conditions]:
            return
        status = {**(obj.get("status") or {}), "conditions": conditions}
        self._storage.put(NAMESPACES, {**obj, "status": status})

    def _finalize(self, key: Key) -> None:
        stored = self._storage.get(NAMESPACES, key)
        if stored is None:
            return
        obj = stored.decode()
        spec = dict(obj.get("spec") or {})
        left = [name for name in spec.pop("finalizers", ()) if name != "kubernetes"]
        if left:
            spec["finalizers"] = left
        store(self._storage, NAMESPACES, {**obj, "spec": spec})

    def definition(self, key: Key) -> None:
        """Deletes the objects of a definition that is being deleted, then lets it go and serves its types no more."""
        stored = self._storage.get(DEFINITIONS, key)
        if stored is None or not stored.is_being_deleted:
            return
        obj = stored.decode()
        if DEFINITION_CLEANUP not in (obj["metadata"].get("finalizers") or ()):
            return
        collection = Collection(obj["spec"]["group"], obj["spec"]["names"]["plural"])
        for each in self._storage.all_in(collection):
            if not each.is_being_deleted:
                self._delete(collection, each)
        if self._storage.all_in(collection):
            return
        store(self._storage, DEFINITIONS, without_finalizer(obj, DEFINITION_CLEANUP))
        if self._storage.get(DEFINITIONS, key) is None:
            self._registry.drop_custom(key.name)

    def _delete(self, collection: Collection, stored: Stored) -> None:
        served = self._registry.storage_type(collection)
        if served is None:
            # The definition is gone: nobody can see the object any more.
            self._storage.delete(collection, stored.key)
            return
        place = Place(served, stored.key.namespace, stored.key.name)
        try:
            self._deleter.delete(place, DeleteOptions(policy="Background", uid=stored.uid))
        except (errors.NotFound, errors.Conflict):
            return


def _said(condition: dict[str, Any]) -> tuple[Any, ...]:
    return (condition.get("type"), condition.get("status"), condition.get("message"))
