"""Callers that want the same share one call."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from holdfast.runtime.clock import LoopClock
from holdfast.runtime.sharing import SharedCalls

CLOCK = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))


class Counter:
    """Work that takes a second and answers which run it was."""

    def __init__(self) -> None:
        self.runs = 0

    async def __call__(self) -> int:
        self.runs += 1
        run = self.runs
        await asyncio.sleep(1)
        return run


async def test_callers_at_the_same_time_get_one_answer() -> None:
    calls: SharedCalls[int] = SharedCalls(CLOCK)
    work = Counter()
    assert await asyncio.gather(*(calls.call("a", work) for _ in range(5))) == [1] * 5
    assert await calls.call("a", work) == 2


async def test_an_answer_serves_for_a_while() -> None:
    calls: SharedCalls[int] = SharedCalls(CLOCK, keep_seconds=3)
    work = Counter()
    assert await calls.call("a", work) == 1
    await asyncio.sleep(1)
    assert await calls.call("a", work) == 1
    await asyncio.sleep(1.5)
    assert await calls.call("a", work) == 2


async def test_a_fresh_answer_began_after_the_call() -> None:
    calls: SharedCalls[int] = SharedCalls(CLOCK, keep_seconds=60)
    work = Counter()
    early = asyncio.ensure_future(calls.call("a", work))
    await asyncio.sleep(0.5)
    fresh = [asyncio.ensure_future(calls.call("a", work, fresh=True)) for _ in range(3)]
    assert await early == 1
    assert await asyncio.gather(*fresh) == [2, 2, 2]
    assert await calls.call("a", work, fresh=True) == 3


async def test_a_caller_that_gives_up_leaves_the_others_alone() -> None:
    calls: SharedCalls[int] = SharedCalls(CLOCK)
    work = Counter()
    quitter = asyncio.ensure_future(calls.call("a", work))
    other = asyncio.ensure_future(calls.call("a", work))
    await asyncio.sleep(0.5)
    quitter.cancel()
    with suppress(asyncio.CancelledError):
        await quitter
    assert await other == 1


async def test_an_error_reaches_all_and_is_not_kept() -> None:
    calls: SharedCalls[int] = SharedCalls(CLOCK, keep_seconds=60)

    async def fail() -> int:
        await asyncio.sleep(1)
        raise ValueError("no")

    found = await asyncio.gather(*(calls.call("a", fail) for _ in range(2)), return_exceptions=True)
    assert [type(error) for error in found] == [ValueError, ValueError]
    assert await calls.call("a", Counter()) == 1


async def test_close_ends_what_is_under_way() -> None:
    calls: SharedCalls[int] = SharedCalls(CLOCK)
    waiting = asyncio.ensure_future(calls.call("a", Counter()))
    await asyncio.sleep(0.1)
    await calls.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
