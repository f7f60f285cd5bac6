"""How many requests may be under way at once, as the server's answers say: fewer when it is overloaded, then more again."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from holdfast.ports.clock import Clock

LONGEST_STOP = timedelta(seconds=60)


class Pace:
    """At most `most` at once. Each refusal for overload (429) halves that, and nothing new is sent for as long as the
    server wants to be left alone; each answer after that gives a part of a place back.

    Source of 429 and Retry-After: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/
    """

    def __init__(self, clock: Clock, most: int) -> None:
        self.limit = float(most)
        self._clock = clock
        self._most = most
        self._under_way = 0
        self._silent_until = 0.0
        self._cut_at = float("-inf")
        self._waiting: deque[asyncio.Future[None]] = deque()

    @asynccontextmanager
    async def place(self) -> AsyncIterator[float]:
        """Gives the time at which the request begins, to be told to `refused`."""
        await self._wait_for_place()
        try:
            await self._wait_for_silence()
            yield self._clock.monotonic()
        finally:
            self._under_way -= 1
            self._admit()

    def refused(self, began: float, retry_after: timedelta | None) -> None:
        """Those that were sent before the last cut say nothing new about the server."""
        now = self._clock.monotonic()
        stop = min(retry_after or timedelta(0), LONGEST_STOP)
        self._silent_until = max(self._silent_until, now + stop.total_seconds())
        if began >= self._cut_at:
            self.limit = max(1.0, self.limit / 2)
            self._cut_at = now

    def answered(self) -> None:
        self.limit = min(float(self._most), self.limit + 1.0 / self.limit)
        self._admit()

    async def _wait_for_place(self) -> None:
        if not self._waiting and self._under_way < int(self.limit):
            self._under_way += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                # The place was given to somebody who does not want it any more.
                self._under_way -= 1
                self._admit()
            else:
                self._waiting.remove(turn)
            raise

    def _admit(self) -> None:
        while self._waiting and self._under_way < int(self.limit):
            turn = self._waiting.popleft()
            if not turn.done():
                self._under_way += 1
                turn.set_result(None)

    async def _wait_for_silence(self) -> None:
        while (left := self._silent_until - self._clock.monotonic()) > 0:
            await self._clock.sleep(left)
