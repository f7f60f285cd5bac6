"""The reconcile loop: workers that take keys from the queue, run the reconcile, and see to what comes next."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from datetime import timedelta
from random import Random
from typing import Generic, TypeVar

from msgspec import Struct

from holdfast.model.errors import ApiError, Blocked, Transient, Waiting
from holdfast.ports.clock import Clock
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.runtime.queue import NOW, KeyedQueue

K = TypeVar("K", bound=Hashable)

FIVE_MINUTES = timedelta(minutes=5)


class Counters(Struct):
    """How the runs of one loop ended, since its start."""

    settled: int = 0
    again: int = 0
    blocked: int = 0
    waiting: int = 0
    transient: int = 0
    timed_out: int = 0
    bugs: int = 0
    seconds: float = 0.0

    @property
    def runs(self) -> int:
        return self.settled + self.again + self.blocked + self.waiting + self.transient + self.timed_out + self.bugs


class _Ending(Struct, frozen=True):
    """`after` is None when nothing more is to be done; with `failed` it is at least the back-off."""

    outcome: str
    level: int
    message: str = ""
    after: timedelta | None = None
    failed: bool = False
    traceback: BaseException | None = None


class ReconcileLoop(Generic[K]):
    """Runs `reconcile(key)` for every key that is added: one run a key at a time, `workers` keys at once."""

    def __init__(
        self,
        name: str,
        reconcile: Callable[[K], Awaitable[Outcome]],
        *,
        clock: Clock,
        random: Random,
        workers: int = 10,
        timeout: timedelta = FIVE_MINUTES,
        backoff: Backoff | None = None,
        ran: Callable[[K, float, bool], None] | None = None,
    ) -> None:
        """`ran` is told of every run: its key, its seconds, and whether it failed."""
        self.name = name
        self.queue: KeyedQueue[K] = KeyedQueue(clock)
        self.counters = Counters()
        self.failures: dict[K, int] = {}
        self._reconcile = reconcile
        self._clock = clock
        self._workers = workers
        self._timeout = timeout
        self._backoff = backoff or Backoff(random)
        self._ran = ran
        self._log = logging.getLogger(f"holdfast.reconcile.{name}")

    def add(self, key: K, after: timedelta = NOW) -> None:
        self.queue.add(key, after)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            for number in range(self._workers):
                group.create_task(self._work(), name=f"{self.name} worker {number}")

    async def _work(self) -> None:
        while True:
            key = await self.queue.get()
            try:
                await self._run_once(key)
            finally:
                self.queue.done(key)

    async def _run_once(self, key: K) -> None:
        began = self._clock.monotonic()
        ending = await self._attempt(key)
        duration = self._clock.monotonic() - began
        after = ending.after
        if ending.failed:
            self.failures[key] = self.failures.get(key, 0) + 1
            after = max(after or NOW, self._backoff.delay(self.failures[key]))
        else:
            self.failures.pop(key, None)
        if after is not None:
            self.queue.add(key, after)
        setattr(self.counters, ending.outcome, getattr(self.counters, ending.outcome) + 1)
        self.counters.seconds += duration
        if self._ran is not None:
            self._ran(key, duration, ending.failed)
        self._report(key, ending, after, duration)

    async def _attempt(self, key: K) -> _Ending:
        limit = asyncio.timeout(self._timeout.total_seconds())
        try:
            async with limit:
                return _ending_of(await self._reconcile(key))
        except Blocked as blocked:
            return _Ending("blocked", logging.WARNING, f"{blocked.reason}: {blocked.message}")
        except Waiting as waiting:
            return _Ending("waiting", logging.INFO, f"{waiting.reason}: {waiting.message}", after=waiting.after)
        except (Transient, ApiError) as error:
            message = f"{error.reason}: {error.message}"
            return _Ending("transient", logging.WARNING, message, after=retry_after(error), failed=True)
        except Exception as bug:  # noqa: BLE001 - a bug in one reconcile must not end the others
            if isinstance(bug, TimeoutError) and limit.expired():
                message = f"not done within {self._timeout.total_seconds():g} s"
                return _Ending("timed_out", logging.ERROR, message, failed=True)
            return _Ending("bugs", logging.ERROR, f"{type(bug).__name__}: {bug}", failed=True, traceback=bug)

    def _report(self, key: K, ending: _Ending, after: timedelta | None, duration: float) -> None:
        next_run = "" if after is None else f", again in {after.total_seconds():.3g} s"
        because = f": {ending.message}" if ending.message else ""
        self._log.log(
            ending.level,
            "%s %s: %s in %.3f s%s%s",
            self.name,
            key,
            ending.outcome,
            duration,
            next_run,
            because,
            exc_info=ending.traceback,
            extra={
                "controller": self.name,
                "key": str(key),
                "outcome": ending.outcome,
                "duration": duration,
                "again_in": None if after is None else after.total_seconds(),
                "because": ending.message,
            },
        )


def _ending_of(outcome: Outcome) -> _Ending:
    match outcome:
        case Settled():
            return _Ending("settled", logging.DEBUG)
        case Again(after, because):
            return _Ending("again", logging.DEBUG, because, after=after)


def retry_after(error: Exception) -> timedelta | None:
    """What a server that is asked too much wants to be left alone for."""
    seconds = error.details.get("retryAfterSeconds") if isinstance(error, ApiError) else None
    return timedelta(seconds=seconds) if isinstance(seconds, int | float) and 0 < seconds <= 3600 else None
