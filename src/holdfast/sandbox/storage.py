"""Keeps the objects: one resourceVersion counter, a bounded history for each collection, and lists as they once were."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, Protocol

import orjson
from msgspec import Struct, structs

from holdfast.model.kube import KubeObject

HISTORY_LENGTH: Final = 4096


class Collection(Struct, frozen=True, order=True):
    """Where the objects of one resource are kept, whatever version of it is asked for."""

    group: str
    plural: str


class Key(Struct, frozen=True, order=True):
    """One object of a collection; `namespace` is "" for cluster-scoped resources."""

    namespace: str
    name: str


class Owner(Struct, frozen=True):
    """An entry of metadata.ownerReferences."""

    api_version: str
    kind: str
    name: str
    uid: str
    blocks_deletion: bool


class Stored(Struct, frozen=True):
    """One version of one object: its JSON, and of its metadata what is asked for often."""

    key: Key
    resource_version: int
    raw: bytes
    uid: str
    labels: dict[str, str]
    owners: tuple[Owner, ...]
    is_being_deleted: bool

    def decode(self) -> KubeObject:
        """The object, a new dict at every call."""
        obj: KubeObject = orjson.loads(self.raw)
        return obj

    def at(self, resource_version: int) -> Stored:
        """The same object under the resourceVersion of the change that took it away."""
        old, new = b'"resourceVersion":"%d"' % self.resource_version, b'"resourceVersion":"%d"' % resource_version
        return structs.replace(self, resource_version=resource_version, raw=self.raw.replace(old, new, 1))


class Change(Struct, frozen=True):
    """One write: `before` is None for a creation, `after` is None for a deletion."""

    resource_version: int
    key: Key
    before: Stored | None
    after: Stored | None


class Journal(Protocol):
    """Where writes are made to last before anybody sees them. Raises StorageFull when they cannot be."""

    def load(self) -> tuple[int, Iterable[tuple[Collection, bytes]]]:
        """The last resourceVersion, and every object that is there."""
        ...

    def write(self, collection: Collection, key: Key, resource_version: int, raw: bytes | None) -> None:
        """One write, `raw` being None for a deletion; it lasts once this returns."""
        ...

    def close(self) -> None: ...


class StorageFull(Exception):
    """The write could not be made to last, and has not happened; the message says why."""


class TooOld(Exception):
    """The history does not reach back to that resourceVersion."""

    def __init__(self, asked: int, oldest: int) -> None:
        super().__init__(f"too old resource version: {asked} ({oldest})")


class _Shelf:
    """The objects of one collection with the history of its changes."""

    def __init__(self, compacted: int) -> None:
        self.objects: dict[str, dict[str, Stored]] = {}
        self.changes: list[Change] = []
        self.first = 0  # how many changes were dropped so far
        self.compacted = compacted  # the resourceVersion of the newest change that is not kept
        self.waiting: dict[asyncio.Event, None] = {}  # in the order of their coming, so that runs can be repeated

    def get(self, key: Key) -> Stored | None:
        return self.objects.get(key.namespace, {}).get(key.name)

    def place(self, key: Key, stored: Stored | None) -> None:
        if stored is not None:
            self.objects.setdefault(key.namespace, {})[key.name] = stored
            return
        inner = self.objects.get(key.namespace, {})
        inner.pop(key.name, None)
        if not inner:
            self.objects.pop(key.namespace, None)

    def record(self, change: Change, keep: int) -> None:
        self.place(change.key, change.after)
        self.changes.append(change)
        if len(self.changes) > 2 * keep:
            drop = len(self.changes) - keep
            self.compacted = self.changes[drop - 1].resource_version
            del self.changes[:drop]
            self.first += drop
        for event in self.waiting:
            event.set()


class Storage:
    """Single-threaded: every method runs to its end before anything else happens, so a read and a write after it are one."""

    def __init__(self, journal: Journal | None = None, *, history: int = HISTORY_LENGTH) -> None:
        self._journal = journal
        self._history = history
        self._shelves: dict[Collection, _Shelf] = {}
        self._listeners: list[Callable[[Collection, Change], None]] = []
        self._by_owner: defaultdict[str, set[tuple[Collection, Key]]] = defaultdict(set)
        self._uids: dict[str, tuple[Collection, Key]] = {}
        self.resource_version = 1
        self._begins_at = 0  # nothing is known of what happened before
        if journal is not None:
            self._load(journal)

    def _load(self, journal: Journal) -> None:
        last, objects = journal.load()
        self.resource_version = self._begins_at = max(last, self.resource_version)
        for collection, raw in objects:
            stored = as_stored(orjson.loads(raw), raw)
            self._shelf(collection).place(stored.key, stored)
            self._index(collection, None, stored)

    def get(self, collection: Collection, key: Key) -> Stored | None:
        shelf = self._shelves.get(collection)
        return shelf.get(key) if shelf else None

    def all_in(self, collection: Collection, namespace: str = "") -> list[Stored]:
        """The objects, sorted by namespace and name; those of all namespaces when none is given."""
        shelf = self._shelves.get(collection)
        if shelf is None:
            return []
        if namespace:
            inner = shelf.objects.get(namespace, {})
            return [inner[name] for name in sorted(inner)]
        return [inner[name] for _, inner in sorted(shelf.objects.items()) for name in sorted(inner)]

    def all_at(self, collection: Collection, namespace: str, resource_version: int) -> list[Stored]:
        """The same as it was at a resourceVersion. Raises TooOld."""
        shelf = self._shelf(collection)
        if resource_version < shelf.compacted:
            raise TooOld(resource_version, shelf.compacted)
        objects = {stored.key: stored for stored in self.all_in(collection, namespace)}
        for change in reversed(shelf.changes):
            if change.resource_version <= resource_version:
                break
            if namespace and change.key.namespace != namespace:
                continue
            if change.before is None:
                objects.pop(change.key, None)
            else:
                objects[change.key] = change.before
        return [objects[key] for key in sorted(objects)]

    def collections(self) -> list[Collection]:
        """Those that hold an object, sorted."""
        return sorted(collection for collection, shelf in self._shelves.items() if shelf.objects)

    def dependents(self, uid: str) -> list[tuple[Collection, Stored]]:
        """The objects that name this uid as an owner, in a fixed order."""
        found = sorted(self._by_owner.get(uid, ()))
        return [(collection, stored) for collection, key in found if (stored := self.get(collection, key)) is not None]

    def by_uid(self, uid: str) -> tuple[Collection, Stored] | None:
        """The object of this uid, wherever it is."""
        place = self._uids.get(uid)
        stored = self.get(*place) if place else None
        return (place[0], stored) if place and stored else None

    def put(self, collection: Collection, obj: KubeObject) -> Stored:
        """Stores the object under its metadata's names with the next resourceVersion. Raises StorageFull."""
        version = self.resource_version + 1
        # First in the metadata, so that raw_at finds it by its first appearance.
        metadata = {"resourceVersion": "", **obj["metadata"]}
        metadata["resourceVersion"] = str(version)
        obj = {**obj, "metadata": metadata}
        stored = as_stored(obj, orjson.dumps(obj))
        self._write(collection, stored.key, version, stored)
        return stored

    def delete(self, collection: Collection, key: Key) -> int:
        """Takes the object out; gives the resourceVersion of that change. Raises StorageFull."""
        version = self.resource_version + 1
        self._write(collection, key, version, None)
        return version

    def _write(self, collection: Collection, key: Key, version: int, after: Stored | None) -> None:
        if self._journal is not None:
            self._journal.write(collection, key, version, after.raw if after else None)
        self.resource_version = version
        shelf = self._shelf(collection)
        change = Change(version, key, shelf.get(key), after)
        self._index(collection, change.before, after)
        shelf.record(change, self._history)
        for listener in self._listeners:
            listener(collection, change)

    def _index(self, collection: Collection, before: Stored | None, after: Stored | None) -> None:
        for stored, add in ((before, False), (after, True)):
            if stored is None:
                continue
            place = (collection, stored.key)
            if add:
                self._uids[stored.uid] = place
            elif after is None or after.uid != stored.uid:
                self._uids.pop(stored.uid, None)
            for owner in stored.owners:
                if add:
                    self._by_owner[owner.uid].add(place)
                else:
                    self._by_owner[owner.uid].discard(place)
                    if not self._by_owner[owner.uid]:
                        del self._by_owner[owner.uid]

    def _shelf(self, collection: Collection) -> _Shelf:
        shelf = self._shelves.get(collection)
        if shelf is None:
            shelf = self._shelves[collection] = _Shelf(compacted=self._begins_at)
        return shelf

    def listen(self, listener: Callable[[Collection, Change], None]) -> None:
        """Calls `listener` within every write, after it has happened; it must be quick and must not raise."""
        self._listeners.append(listener)

    def follow(self, collection: Collection, after: int) -> Follower:
        """Reads the changes of a collection after a resourceVersion, those to come as well. Raises TooOld."""
        shelf = self._shelf(collection)
        if after < shelf.compacted:
            raise TooOld(after, shelf.compacted)
        position = bisect_right(shelf.changes, after, key=lambda change: change.resource_version)
        return Follower(self, shelf, shelf.first + position)

    def close(self) -> None:
        if self._journal is not None:
            self._journal.close()


class Follower:
    """A place in the history of a collection; it holds no changes itself, so a slow reader costs nothing."""

    def __init__(self, storage: Storage, shelf: _Shelf, position: int) -> None:
        self._storage = storage
        self._shelf = shelf
        self._position = position
        self._event = asyncio.Event()
        shelf.waiting[self._event] = None

    def read(self) -> Iterator[Change]:
        """The changes that have happened since the last read. Raises TooOld when some are no longer kept."""
        self._event.clear()
        while (at := self._position - self._shelf.first) < len(self._shelf.changes):
            if at < 0:
                raise TooOld(0, self._shelf.compacted)
            self._position += 1
            yield self._shelf.changes[at]

    async def wait(self, seconds: float) -> None:
        """Until there may be something to read, at most so long."""
        timer = asyncio.get_running_loop().call_later(seconds, self._event.set)
        try:
            await self._event.wait()
        finally:
            timer.cancel()

    def close(self) -> None:
        self._shelf.waiting.pop(self._event, None)


def as_stored(obj: KubeObject, raw: bytes) -> Stored:
    """An object as the storage keeps it; one that is not kept (a dry run) may lack a resourceVersion."""
    metadata: dict[str, Any] = obj["metadata"]
    owners = tuple(
        Owner(
            str(owner.get("apiVersion", "")),
            str(owner.get("kind", "")),
            str(owner.get("name", "")),
            str(owner.get("uid", "")),
            owner.get("blockOwnerDeletion") is True,
        )
        for owner in metadata.get("ownerReferences") or ()
    )
    return Stored(
        key=Key(metadata.get("namespace") or "", metadata["name"]),
        resource_version=int(metadata.get("resourceVersion") or 0),
        raw=raw,
        uid=metadata.get("uid") or "",
        labels=metadata.get("labels") or {},
        owners=owners,
        is_being_deleted=bool(metadata.get("deletionTimestamp")),
    )
