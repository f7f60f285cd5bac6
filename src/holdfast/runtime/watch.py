"""Keeps the store at what the cluster holds of one resource type: list once, then watch."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import TypeAlias

from holdfast.model.discovery import ResourceType
from holdfast.model.errors import ApiError, Gone, HoldfastError
from holdfast.model.keys import ObjectKey
from holdfast.model.live import LiveObject
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Reader, WatchEvent, WatchKind
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.loop import retry_after
from holdfast.runtime.store import Store, is_before

OnChange: TypeAlias = Callable[[LiveObject | None, LiveObject | None], None]
"""Called with the old and the new state after the store has changed; None where there is none."""

LONGEST_PAUSE = timedelta(seconds=30)
# A watch that ends this soon without an event ended for a reason, even where the server gives none.
SHORTEST_WATCH = 1.0
# A server restored from a backup may know nothing of our version without saying so: after this many failures list anew.
RELIST_AFTER = 4
# No answer, no sign-in, too much asked: that says nothing about the version, and lists would make it worse.
NO_WORD_ON_VERSION = frozenset({0, 401, 403, 429})
# A time-out, and too many requests.
FOR_THE_MOMENT = frozenset({408, 429})

log = logging.getLogger("holdfast.watch")


class Reflector:
    """One list and watch, resumed where it broke off. Only what it has put into the store does it take out again.

    `synced` is set from the first complete list on; `answered` already when the server refuses for good, so that one
    forbidden kind keeps nobody waiting. `error` is the failure it is recovering from.
    """

    def __init__(
        self,
        cluster: Reader,
        resource: ResourceType,
        store: Store,
        on_change: OnChange,
        *,
        clock: Clock,
        random: Random,
        namespace: str = "",
        labels: str = "",
        fields: str = "",
    ) -> None:
        self.resource = resource
        self.synced = asyncio.Event()
        self.answered = asyncio.Event()
        self.error: HoldfastError | None = None
        self.resource_version = ""
        self.lists = 0
        self._cluster = cluster
        self._store = store
        self._on_change = on_change
        self._clock = clock
        self._backoff = Backoff(random, cap=LONGEST_PAUSE)
        self._namespace = namespace
        self._labels = labels
        self._fields = fields
        self._keys: dict[ObjectKey, None] = {}
        self._failures = 0
        self._doubts = 0

    async def run(self) -> None:
        """Until cancelled. Errors of the cluster never end it."""
        while True:
            try:
                if not self.resource_version:
                    await self._list()
                await self._watch()
            except Gone:
                log.info("%s: version %s is gone, listing again", self.resource.plural, self.resource_version)
                self.resource_version = ""
                await self._clock.sleep(self._backoff.delay(1).total_seconds())
            except HoldfastError as error:
                await self._recover(error)

    def forget(self) -> None:
        """Takes everything it has put into the store out again, for when its kind is no longer watched."""
        for key in list(self._keys):
            self._remove(key)
        self.resource_version = ""
        self.synced.clear()

    def take_over(self, previous: Reflector) -> None:
        """Answers from now on for what `previous`, which has ended, has put into the store."""
        self._keys.update(previous._keys)

    async def _list(self) -> None:
        listing = await self._cluster.list(
            self.resource, namespace=self._namespace, labels=self._labels, fields=self._fields
        )
        self.lists += 1
        found = {obj.key for obj in listing.items}
        for obj in listing.items:
            self._put(obj)
        for key in [key for key in self._keys if key not in found]:
            self._remove(key)
        self._reach(listing.resource_version)
        self._went_well()
        self.synced.set()
        self.answered.set()

    async def _watch(self) -> None:
        began = self._clock.monotonic()
        quiet = True
        async for event in self._cluster.watch(
            self.resource,
            resource_version=self.resource_version,
            namespace=self._namespace,
            labels=self._labels,
            fields=self._fields,
        ):
            quiet = False
            self._went_well()
            self._take(event)
        if quiet and self._clock.monotonic() - began < SHORTEST_WATCH:
            await self._clock.sleep(self._backoff.delay(1).total_seconds())

    def _take(self, event: WatchEvent) -> None:
        match event.kind:
            case WatchKind.ADDED | WatchKind.MODIFIED:
                if not self._store.knows_newer(event.obj):
                    self._put(event.obj)
            case WatchKind.DELETED:
                self._remove(event.obj.key)
            case WatchKind.BOOKMARK:
                pass
        if event.obj.metadata.resource_version:
            self._reach(event.obj.metadata.resource_version)

    def _reach(self, version: str) -> None:
        self.resource_version = version
        self._store.reach(self.resource.group_kind, version)

    def note(self, written: LiveObject) -> None:
        """Takes in what a write was answered with, unless the watch is past it already: its end may be known, too."""
        if is_before(self.resource_version, written.metadata.resource_version):
            self._put(written)

    def _put(self, obj: LiveObject) -> None:
        known = self._store.get(obj.key)
        if known is not None and known.metadata.uid != obj.metadata.uid:
            self._remove(obj.key)
            known = None
        if known is not None and _same_state(known, obj):
            self._keys[known.key] = None
            return
        try:
            old = self._store.put(obj)
            kept = self._store.get(obj.key)
            if kept is not None:
                self._keys[kept.key] = None
            self._on_change(old, kept)
        except Exception:
            # One object that an index or a trigger cannot read must not end the watch of all others.
            log.exception("%s: not taken in", obj.key)

    def _remove(self, key: ObjectKey) -> None:
        self._keys.pop(key, None)
        old = self._store.remove(key)
        if old is None:
            return
        try:
            self._on_change(old, None)
        except Exception:
            log.exception("%s: its end was not taken in", key)

    def _went_well(self) -> None:
        self._failures = 0
        self._doubts = 0
        self.error = None

    async def _recover(self, error: HoldfastError) -> None:
        self._failures += 1
        self.error = error
        if not (isinstance(error, ApiError) and error.status in NO_WORD_ON_VERSION):
            self._doubts += 1
        if self._doubts >= RELIST_AFTER:
            self._doubts = 0
            self.resource_version = ""
        if isinstance(error, ApiError) and _is_lasting(error, self._failures):
            self.answered.set()
        after = max(self._backoff.delay(self._failures), retry_after(error) or timedelta(0))
        log.log(
            logging.INFO if self._failures == 1 else logging.WARNING,
            "%s: %s; again in %.3g s",
            self.resource.plural,
            error,
            after.total_seconds(),
        )
        await self._clock.sleep(after.total_seconds())


def _same_state(known: LiveObject, obj: LiveObject) -> bool:
    return known.version == obj.version and known.metadata.resource_version == obj.metadata.resource_version


def _is_lasting(refusal: ApiError, failures: int) -> bool:
    """A kind that is forbidden stays so; one whose server or conversion fails may do so for long. No answer at all, or that
    too much was asked, says nothing about the kind."""
    refused = 400 <= refusal.status < 500 and refusal.status not in FOR_THE_MOMENT
    return refused or (refusal.status >= 500 and failures >= RELIST_AFTER)
