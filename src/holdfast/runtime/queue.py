"""A queue of keys: each waits once, at its earliest time, and is never given out twice at once."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Hashable
from datetime import timedelta
from typing import Generic, TypeVar

from msgspec import Struct

from holdfast.model.figures import NO_QUEUE, QueueFigures
from holdfast.ports.clock import Clock

K = TypeVar("K", bound=Hashable)

NOW = timedelta(0)

# A key that something just happened to goes before a key that only its schedule made due, unless that one has already
# been overdue for this long: events cannot starve the schedule.
HEAD_START = 60.0

# This many entries that will be passed over may lie in the heap before it is rebuilt.
SLACK = 1000

# Below its resolution a loop takes a timer for due without letting time pass, and would ask again for ever.
SHORTEST_SLEEP = 1e-6


class _Entry(Struct, Generic[K], order=True, frozen=True):
    rank: float
    sequence: int
    key: K


class KeyedQueue(Generic[K]):
    """`add` a key at any time; `get` one, work, then say `done`.

    A key that is added while it is being worked on waits until it is done. Taking a key forgets its schedule: whoever
    works on it says anew when it wants to be called again.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: dict[K, float] = {}
        self._fresh: set[K] = set()
        self._working: dict[K, float] = {}
        self._retries = 0
        self._waited = self._worked = NO_QUEUE
        self._later: list[_Entry[K]] = []
        self._ready: list[_Entry[K]] = []
        self._waiters: dict[asyncio.Future[None], None] = {}
        self._sequence = 0

    def add(self, key: K, after: timedelta = NOW) -> None:
        """Wants `key` to be given out after `after`, or earlier if it already waits for an earlier time."""
        due = self._clock.monotonic() + max(after, NOW).total_seconds()
        fresh = after <= NOW
        self._retries += not fresh
        known = self._due.get(key)
        if known is not None and known <= due and (not fresh or key in self._fresh):
            return
        self._due[key] = due if known is None else min(known, due)
        if fresh:
            self._fresh.add(key)
        if key not in self._working:
            self._push(key)

    async def get(self) -> K:
        """The next key whose time has come; it must be given back with `done`."""
        while True:
            key = self._take()
            if key is not None:
                # The next one may be due for a worker that sleeps for longer.
                if self._ready or self._later:
                    self._wake_one()
                return key
            await self._change()

    def done(self, key: K) -> None:
        self._worked = self._worked.having(self._clock.monotonic() - self._working.pop(key))
        if key in self._due:
            self._push(key)

    @property
    def waiting(self) -> int:
        """How many keys wait, due or not."""
        return len(self._due)

    @property
    def working(self) -> int:
        return len(self._working)

    def figures(self) -> QueueFigures:
        """A key counts as added once its time has come."""
        now = self._clock.monotonic()
        depth = sum(due <= now for due in self._due.values())
        ages = [now - began for began in self._working.values()]
        return QueueFigures(
            depth=depth,
            adds=self._waited.count + depth,
            retries=self._retries,
            waited=self._waited,
            worked=self._worked,
            unfinished=sum(ages),
            longest=max(ages, default=0.0),
        )

    def due_in(self, key: K) -> timedelta | None:
        """How long `key` still has to wait; None when nobody wants it."""
        due = self._due.get(key)
        return None if due is None else timedelta(seconds=max(0.0, due - self._clock.monotonic()))

    def _push(self, key: K) -> None:
        """Older entries of the key stay in the heaps and are passed over when they come up."""
        due = self._due[key]
        self._sequence += 1
        if key in self._fresh:
            heapq.heappush(self._ready, _Entry(due - HEAD_START, self._sequence, key))
        else:
            heapq.heappush(self._later, _Entry(due, self._sequence, key))
            if len(self._later) > 2 * len(self._due) + SLACK:
                self._drop_passed_over()
        self._wake_one()

    def _drop_passed_over(self) -> None:
        wanted = {entry.key: entry for entry in self._later if self._due.get(entry.key) == entry.rank}
        self._later = list(wanted.values())
        heapq.heapify(self._later)

    def _take(self) -> K | None:
        now = self._clock.monotonic()
        while self._later and self._later[0].rank <= now:
            heapq.heappush(self._ready, heapq.heappop(self._later))
        while self._ready:
            key = heapq.heappop(self._ready).key
            if key in self._working or self._due.get(key, now + 1) > now:
                continue
            self._waited = self._waited.having(max(now - self._due.pop(key), 0.0))
            self._fresh.discard(key)
            self._working[key] = now
            return key
        return None

    async def _change(self) -> None:
        """Returns when a key was added or the earliest time has come; it may also return for nothing."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiters[waiter] = None
        seconds = max(SHORTEST_SLEEP, self._later[0].rank - self._clock.monotonic()) if self._later else None
        timer = None if seconds is None else asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({waiter} if timer is None else {waiter, timer}, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if waiter.done():
                self._wake_one()
            raise
        finally:
            self._waiters.pop(waiter, None)
            if timer is not None:
                timer.cancel()

    def _wake_one(self) -> None:
        if self._waiters:
            waiter = next(iter(self._waiters))
            del self._waiters[waiter]
            waiter.set_result(None)
