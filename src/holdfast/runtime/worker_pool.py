"""A few workers that take turns: one that dies or has grown is replaced by a fresh one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from holdfast.runtime.workers import Worker


class WorkerPool:
    """At most `workers` processes at once, each started when it is first needed.

    A worker that holds more than `keep_below` bytes when it comes back is replaced.
    """

    def __init__(self, start: Callable[[], Awaitable[Worker]], *, workers: int, keep_below: int) -> None:
        self._start = start
        self._keep_below = keep_below
        self._places = asyncio.Semaphore(workers)
        self._idle: list[Worker] = []
        self._closed = False

    async def start(self) -> None:
        """Brings one worker up, so that the first question does not wait for it."""
        async with self._places:
            await self._give_back(await self._start())

    @asynccontextmanager
    async def lend(self) -> AsyncIterator[Worker]:
        async with self._places:
            worker = await self._take()
            try:
                yield worker
            finally:
                await self._give_back(worker)

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().kill()

    async def _take(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await worker.kill()
        return await self._start()

    async def _give_back(self, worker: Worker) -> None:
        if self._closed or not worker.is_alive or worker.resident_bytes > self._keep_below:
            await worker.kill()
        else:
            self._idle.append(worker)
