"""Watches a collection: the changes after a resourceVersion as events, with bookmarks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from typing import Final

import orjson

from holdfast.model.errors import ApiError
from holdfast.sandbox import failures, versions
from holdfast.sandbox.places import Place
from holdfast.sandbox.request_options import ReadOptions
from holdfast.sandbox.selection import Selection
from holdfast.sandbox.storage import Change, Follower, Storage, Stored, TooOld

BOOKMARK_SECONDS: Final = 60.0
DEFAULT_SECONDS: Final = 30 * 60.0
LAST_BOOKMARK_SECONDS: Final = 2.0

Show = Callable[[Stored], bytes]


class Watcher:
    """Opens watches. Wire matters (bookmarks, the end of a stream) go by the loop's own time, not by the sandbox's clock."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def open(self, place: Place, options: ReadOptions, show: Show) -> Watch:
        """Raises BadRequest for selectors that the kind lacks."""
        return Watch(self._storage, place, options, Selection(place.served, options), show)


class Watch:
    """One stream of events; iterate it once, then close it."""

    def __init__(self, storage: Storage, place: Place, options: ReadOptions, selection: Selection, show: Show) -> None:
        self._storage = storage
        self._place = place
        self._options = options
        self._selection = selection
        self._show = show
        self._collection = versions.collection_of(place.served)

    async def events(self) -> AsyncGenerator[bytes, None]:
        """One JSON document an event, until the time that the client gave is over."""
        follower: Follower | None = None
        try:
            try:
                start = self._start()
                follower = self._storage.follow(self._collection, start)
                for document in self._initial():
                    yield document
                async for document in self._following(follower):
                    yield document
            except TooOld as too_old:
                yield _event("ERROR", orjson.dumps(failures.status_document(_expired(too_old))))
        finally:
            if follower is not None:
                follower.close()

    def _start(self) -> int:
        """The resourceVersion after which changes are told."""
        if self._begins_with_everything():
            return self._storage.resource_version
        return self._options.resource_version or 0

    def _begins_with_everything(self) -> bool:
        if self._options.send_initial_events is not None:
            return self._options.send_initial_events
        return not self._options.resource_version

    def _initial(self) -> Iterator[bytes]:
        if not self._begins_with_everything():
            return
        version = self._storage.resource_version
        for stored in self._storage.all_in(self._collection, self._place.namespace):
            if self._selection.matches(stored):
                yield _event("ADDED", self._show(stored))
        if self._options.send_initial_events and self._options.bookmarks:
            yield self._bookmark(version, ends_initial_events=True)

    async def _following(self, follower: Follower) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        end = loop.time() + (self._options.timeout_seconds or DEFAULT_SECONDS)
        next_bookmark = min(loop.time() + BOOKMARK_SECONDS, max(loop.time(), end - LAST_BOOKMARK_SECONDS))
        while True:
            newest = self._storage.resource_version
            for change in follower.read():
                document = self._told(change)
                if document is not None:
                    yield document
            now = loop.time()
            if now >= next_bookmark and self._options.bookmarks:
                yield self._bookmark(newest)
            if now >= next_bookmark:
                last = end - LAST_BOOKMARK_SECONDS
                next_bookmark = min(now + BOOKMARK_SECONDS, last) if now < last else float("inf")
            if now >= end:
                return
            await follower.wait(min(end, next_bookmark) - now)

    def _told(self, change: Change) -> bytes | None:
        """The event of a change, None when it is none of this watch's."""
        if change.resource_version <= (self._options.resource_version or 0):
            return None
        if self._place.namespace and change.key.namespace != self._place.namespace:
            return None
        was = change.before is not None and self._selection.matches(change.before)
        if change.after is not None and self._selection.matches(change.after):
            return _event("MODIFIED" if was else "ADDED", self._show(change.after))
        if not was or change.before is None:
            return None
        return _event("DELETED", self._show(change.before.at(change.resource_version)))

    def _bookmark(self, version: int, *, ends_initial_events: bool = False) -> bytes:
        metadata: dict[str, object] = {"resourceVersion": str(version)}
        if ends_initial_events:
            metadata["annotations"] = {"k8s.io/initial-events-end": "true"}
        served = self._place.served
        document = {"kind": served.kind, "apiVersion": served.api_version, "metadata": metadata}
        return _event("BOOKMARK", orjson.dumps(document))


def _event(kind: str, raw: bytes) -> bytes:
    return b'{"type":"%s","object":%s}' % (kind.encode(), raw)


def _expired(too_old: TooOld) -> ApiError:
    return failures.gone(str(too_old))
