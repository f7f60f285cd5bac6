"""Callers that want the same share one call, and its answer for a short while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from holdfast.ports.clock import Clock

T = TypeVar("T")


class SharedCalls(Generic[T]):
    """A caller that gives up does not end the call for the others."""

    def __init__(self, clock: Clock, keep_seconds: float = 0.0) -> None:
        self._clock = clock
        self._keep_seconds = keep_seconds
        self._running: dict[Hashable, asyncio.Task[T]] = {}
        self._next: dict[Hashable, asyncio.Task[T]] = {}
        self._answers: dict[Hashable, tuple[float, T]] = {}

    async def call(self, key: Hashable, work: Callable[[], Awaitable[T]], *, fresh: bool = False) -> T:
        """With `fresh` the answer is one whose work began after this call; without it, it may be a little older."""
        if not fresh:
            self._forget_old()
            if key in self._answers:
                return self._answers[key][1]
        running = self._running.get(key)
        if running is None:
            running = self._start(self._running, key, self._work(key, work))
        elif fresh:
            running = self._next.get(key) or self._start(self._next, key, self._after(running, key, work))
        return await asyncio.shield(running)

    async def close(self) -> None:
        tasks = [*self._next.values(), *self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        began = self._clock.monotonic()
        answer = await work()
        if self._keep_seconds:
            self._answers[key] = (began, answer)
        return answer

    async def _after(self, earlier: asyncio.Task[T], key: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        await asyncio.wait([earlier])
        self._next.pop(key, None)  # whoever comes from now on is too late for this one
        running = self._running.get(key) or self._start(self._running, key, self._work(key, work))
        return await asyncio.shield(running)

    def _start(self, table: dict[Hashable, asyncio.Task[T]], key: Hashable, coroutine: Awaitable[T]) -> asyncio.Task[T]:
        task: asyncio.Task[T] = asyncio.ensure_future(coroutine)
        table[key] = task

        def ended(_: asyncio.Task[T]) -> None:
            if table.get(key) is task:
                del table[key]
            if not task.cancelled():
                task.exception()  # nobody may be left to look at it

        task.add_done_callback(ended)
        return task

    def _forget_old(self) -> None:
        oldest = self._clock.monotonic() - self._keep_seconds
        for key in [key for key, (began, _) in self._answers.items() if began < oldest]:
            del self._answers[key]
