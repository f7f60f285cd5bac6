"""An event loop whose time jumps to the next timer as soon as nothing else is left to do."""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# The loop itself listens on one end of a socket pair, through which other threads wake it.
OWN_REGISTRATIONS = 1


class Deadlock(Exception):
    """Every task waits for something that nothing scheduled can bring."""


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Time starts at 0 and stands still while code runs.

    While a file descriptor is registered or a thread is at work for the loop, something outside may still happen, so
    time then passes at its real pace.
    """

    def __init__(self) -> None:
        self._now = 0.0
        self._threads_at_work = 0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds

    def waits_for_threads(self) -> bool:
        return self._threads_at_work > 0

    def run_in_executor(self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts) -> asyncio.Future[T]:
        future = super().run_in_executor(executor, func, *args)
        self._threads_at_work += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: asyncio.Future[Any]) -> None:
        self._threads_at_work -= 1

    async def shutdown_default_executor(self, *args: Any) -> None:
        self._threads_at_work += 1
        try:
            await super().shutdown_default_executor(*args)
        finally:
            self._threads_at_work -= 1


class _JumpingSelector(selectors.BaseSelector):
    def __init__(self, loop: VirtualTimeLoop) -> None:
        self._loop = loop
        self._real = selectors.DefaultSelector()
        self._registered = 0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if self._is_alone() and timeout is not None:
            # Nobody outside can have anything to say, and asking the system at every turn takes long.
            if timeout > 0:
                self._loop.advance(timeout)
            return []
        ready = self._real.select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if not self._is_alone():
            began = time.monotonic()
            ready = self._real.select(timeout)
            elapsed = time.monotonic() - began
            # A select may return a little early; the timer it waited for is then due all the same.
            self._loop.advance(elapsed if ready or timeout is None else max(elapsed, timeout))
            return ready
        raise Deadlock(_describe(self._loop))

    def _is_alone(self) -> bool:
        return self._registered <= OWN_REGISTRATIONS and not self._loop.waits_for_threads()

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = self._real.register(fileobj, events, data)
        self._registered = len(self._real.get_map())
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        key = self._real.unregister(fileobj)
        self._registered = len(self._real.get_map())
        return key

    def modify(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.modify(fileobj, events, data)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map()

    def close(self) -> None:
        self._real.close()


def _describe(loop: asyncio.AbstractEventLoop) -> str:
    lines = [f"at {loop.time():g} virtual seconds every task waits and nothing is scheduled:"]
    for task in sorted(asyncio.all_tasks(loop), key=lambda task: task.get_name()):
        frames = task.get_stack(limit=1)
        place = f"{frames[0].f_code.co_filename}:{frames[0].f_lineno}" if frames else "unknown place"
        lines.append(f"  {task.get_name()} in {getattr(task.get_coro(), '__qualname__', '?')} at {place}")
    return "\n".join(lines)


def run(coro: Coroutine[Any, Any, T]) -> T:
    """Runs `coro` in virtual time; tasks that it leaves behind are cancelled and the loop is closed."""
    with asyncio.Runner(loop_factory=VirtualTimeLoop) as runner:
        return runner.run(coro)
