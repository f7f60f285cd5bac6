"""The reconcile loop: what each outcome and each error leads to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from holdfast.model.errors import ApiError, Blocked, Conflict, TooManyRequests, Transient, Waiting
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.clock import LoopClock
from holdfast.runtime.loop import ReconcileLoop
from holdfast.runtime.outcome import Again, Outcome, Settled

Reconcile = Callable[[str], Awaitable[Outcome]]


@contextlib.asynccontextmanager
async def running(reconcile: Reconcile, **options: Any) -> AsyncIterator[ReconcileLoop[str]]:
    random = Random(1)
    loop = ReconcileLoop(
        "test",
        reconcile,
        clock=LoopClock(datetime(2026, 1, 1, tzinfo=UTC)),
        random=random,
        backoff=Backoff(random, jitter=0),
        **options,
    )
    task = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        task.cancel()
        await asyncio.wait({task})


class Script:
    """Answers or raises one thing after the other, then settles; remembers when it was called."""

    def __init__(self, *steps: Outcome | Exception) -> None:
        self.steps = list(steps)
        self.times: list[float] = []

    async def __call__(self, key: str) -> Outcome:
        self.times.append(round(asyncio.get_running_loop().time(), 3))
        step = self.steps.pop(0) if self.steps else Settled()
        if isinstance(step, Exception):
            raise step
        return step


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("steps", "times", "counter"),
    [
        ([], [0], "settled"),
        ([Again(timedelta(seconds=90), "poll")], [0, 90], "again"),
        ([Blocked("PathNotFound", "no such path")], [0], "blocked"),
        ([Waiting(timedelta(seconds=7), "SyncWindow")], [0, 7], "waiting"),
        ([Transient("Timeout", "no answer")] * 3, [0, 1, 3, 7], "transient"),
        ([Conflict("changed meanwhile"), ApiError("broken")], [0, 1, 3], "transient"),
        ([TooManyRequests("busy", details={"retryAfterSeconds": 20})], [0, 20], "transient"),
        ([KeyError("bug"), KeyError("bug")], [0, 1, 3], "bugs"),
        ([TimeoutError("of something inside")], [0, 1], "bugs"),
        ([Transient("T", "t"), Settled()], [0, 1], "transient"),
    ],
)
async def test_what_a_run_leads_to(steps: list[Outcome | Exception], times: list[float], counter: str) -> None:
    script = Script(*steps)
    async with running(script) as loop:
        loop.add("k")
        await asyncio.sleep(600)
        assert script.times == times
        assert getattr(loop.counters, counter) >= 1
        assert loop.counters.runs == len(times)
        assert loop.failures == {}


async def test_the_back_off_starts_anew_after_a_run_that_went_well() -> None:
    script = Script(Transient("T", "t"), Transient("T", "t"), Again(timedelta(seconds=10), "poll"), Transient("T", "t"))
    async with running(script) as loop:
        loop.add("k")
        await asyncio.sleep(600)
        assert script.times == [0, 1, 3, 13, 14]


async def test_a_run_that_hangs_is_ended_and_retried() -> None:
    calls = 0

    async def hang_once(key: str) -> Outcome:
        nonlocal calls
        calls += 1
        if calls == 1:
            await asyncio.Event().wait()
        return Settled()

    async with running(hang_once, timeout=timedelta(seconds=30)) as loop:
        loop.add("k")
        await asyncio.sleep(40)
        assert calls == 2
        assert loop.counters.timed_out == 1


async def test_somebody_hears_of_every_run_how_long_it_took_and_whether_it_failed() -> None:
    heard: list[tuple[str, float, bool]] = []

    async def fail_once(key: str) -> Outcome:
        await asyncio.sleep(2)
        if not heard:
            raise Transient("Timeout", "no answer")
        return Settled()

    async with running(fail_once, ran=lambda *run: heard.append(run)) as loop:
        loop.add("k")
        await asyncio.sleep(60)
    assert [(key, round(seconds, 3), failed) for key, seconds, failed in heard] == [("k", 2, True), ("k", 2, False)]


async def test_an_event_during_the_back_off_runs_the_key_at_once() -> None:
    script = Script(*[Transient("T", "t")] * 6)
    async with running(script) as loop:
        loop.add("k")
        await asyncio.sleep(40)
        loop.add("k")
        await asyncio.sleep(0.5)
        assert script.times == [0, 1, 3, 7, 15, 31, 40]


async def test_one_key_runs_once_at_a_time_and_others_beside_it() -> None:
    active: list[str] = []
    most: list[int] = []

    async def slow(key: str) -> Outcome:
        assert key not in active
        active.append(key)
        most.append(len(active))
        await asyncio.sleep(10)
        active.remove(key)
        return Settled()

    async with running(slow, workers=2) as loop:
        for key in ("a", "b", "c", "a"):
            loop.add(key)
        await asyncio.sleep(1)
        loop.add("a")
        await asyncio.sleep(100)
        assert max(most) == 2
        assert loop.counters.settled == 4


async def test_each_run_logs_one_line_with_key_outcome_and_duration(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with running(Script(Again(timedelta(seconds=30), "poll the source"))) as loop:
        loop.add("shop")
        await asyncio.sleep(1)
    [record] = caplog.records
    assert record.getMessage() == "test shop: again in 0.000 s, again in 30 s: poll the source"
    assert record.__dict__["key"] == "shop"
    assert record.__dict__["outcome"] == "again"


async def test_a_bug_is_logged_with_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    async with running(Script(ZeroDivisionError("oops"))) as loop:
        loop.add("shop")
        await asyncio.sleep(0.5)
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


async def test_cancelling_the_loop_ends_what_runs() -> None:
    ended = asyncio.Event()

    async def hang(key: str) -> Outcome:
        try:
            await asyncio.sleep(HOUR.total_seconds())
        finally:
            ended.set()
        return Settled()

    async with running(hang) as loop:
        loop.add("k")
        await asyncio.sleep(1)
    assert ended.is_set()
    assert loop.queue.working == 0
