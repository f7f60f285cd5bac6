"""Whatever is added, taken and finished in whatever order: no key is lost, none is out twice, the earliest time wins."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from holdfast.runtime.queue import KeyedQueue


class HandClock:
    """Time that moves when the test moves it."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def now(self) -> object:
        raise AssertionError("the queue needs no wall time")

    async def sleep(self, seconds: float) -> None:
        await asyncio.get_running_loop().create_future()


KEYS = st.sampled_from("abcd")


class QueueMachine(RuleBasedStateMachine):
    """Compares the queue with a dict of due times and a set of keys that are out."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = HandClock()
        self.queue: KeyedQueue[str] = KeyedQueue(self.clock)  # type: ignore[arg-type]
        self.due: dict[str, float] = {}
        self.out: set[str] = set()

    @rule(key=KEYS, seconds=st.integers(-1, 100))
    def add(self, key: str, seconds: int) -> None:
        self.queue.add(key, timedelta(seconds=seconds))
        due = self.clock.time + max(seconds, 0)
        self.due[key] = min(due, self.due.get(key, due))

    @rule(seconds=st.integers(1, 120))
    def time_passes(self, seconds: int) -> None:
        self.clock.time += seconds

    @rule()
    def take(self) -> None:
        ready = {key for key, due in self.due.items() if due <= self.clock.time and key not in self.out}
        key = self.get()
        assert (key is None) == (not ready)
        if key is not None:
            assert key in ready
            self.out.add(key)
            del self.due[key]

    @precondition(lambda self: bool(self.out))
    @rule(data=st.data())
    def finish(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.out)))
        self.queue.done(key)
        self.out.remove(key)

    @invariant()
    def agrees_with_the_model(self) -> None:
        assert self.queue.working == len(self.out)
        assert self.queue.waiting == len(self.due)
        for key, due in self.due.items():
            assert self.queue.due_in(key) == timedelta(seconds=max(0.0, due - self.clock.time))

    def teardown(self) -> None:
        """Everything that was ever wanted comes out in the end."""
        for key in self.out:
            self.queue.done(key)
        self.clock.time += 1000
        left = set(self.due)
        while (last := self.get()) is not None:
            left.remove(last)
            self.queue.done(last)
        assert not left

    def get(self) -> str | None:
        async def first() -> str | None:
            getting = asyncio.ensure_future(self.queue.get())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            if getting.done():
                return getting.result()
            getting.cancel()
            await asyncio.wait({getting})
            return None

        return asyncio.run(first())


TestQueue = QueueMachine.TestCase
