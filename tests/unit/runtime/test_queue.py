"""The keyed queue with waiting workers, in virtual time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.runtime.clock import LoopClock
from holdfast.runtime.queue import KeyedQueue


def queue() -> KeyedQueue[str]:
    return KeyedQueue(LoopClock(datetime(2026, 1, 1, tzinfo=UTC)))


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def now() -> float:
    return asyncio.get_running_loop().time()


async def test_a_key_added_twice_comes_once() -> None:
    keys = queue()
    keys.add("a")
    keys.add("a")
    assert await keys.get() == "a"
    assert keys.waiting == 0


async def test_an_earlier_time_replaces_a_later_one_even_while_a_worker_waits() -> None:
    keys = queue()
    keys.add("a", seconds(100))
    getting = asyncio.create_task(keys.get())
    await asyncio.sleep(1)
    keys.add("a", seconds(10))
    keys.add("a", seconds(50))
    assert await getting == "a"
    assert now() == pytest.approx(11)


async def test_a_key_added_while_it_is_worked_on_waits_until_it_is_done() -> None:
    keys = queue()
    keys.add("a")
    assert await keys.get() == "a"
    keys.add("a")
    getting = asyncio.create_task(keys.get())
    await asyncio.sleep(5)
    assert not getting.done()
    keys.done("a")
    assert await getting == "a"


async def test_an_event_goes_before_a_schedule_that_just_became_due() -> None:
    keys = queue()
    keys.add("scheduled", seconds(1))
    await asyncio.sleep(2)
    keys.add("event")
    assert [await keys.get(), await keys.get()] == ["event", "scheduled"]


async def test_events_do_not_starve_a_schedule_that_is_long_overdue() -> None:
    keys = queue()
    keys.add("scheduled", seconds(1))
    await asyncio.sleep(120)
    keys.add("event")
    assert [await keys.get(), await keys.get()] == ["scheduled", "event"]


async def test_every_waiting_worker_gets_a_key_of_its_own() -> None:
    keys = queue()
    getting = [asyncio.create_task(keys.get()) for _ in range(3)]
    await asyncio.sleep(0)
    for key in "abc":
        keys.add(key)
    assert set(await asyncio.gather(*getting)) == set("abc")
    assert keys.working == 3


async def test_a_worker_cancelled_at_the_moment_it_is_woken_passes_the_wake_on() -> None:
    keys = queue()
    first, second = asyncio.create_task(keys.get()), asyncio.create_task(keys.get())
    await asyncio.sleep(0)
    keys.add("a")
    first.cancel()
    assert await asyncio.wait_for(second, 1) == "a"


async def test_entries_that_were_overtaken_do_not_pile_up() -> None:
    keys = queue()
    for _ in range(5000):
        keys.add("a", seconds(180))
        keys.add("a")
        keys.done(await keys.get())
    assert len(keys._later) < 2000


async def test_keys_due_at_the_same_time_are_worked_on_side_by_side() -> None:
    keys = queue()
    got: list[tuple[str, int]] = []

    async def work() -> None:
        while True:
            key = await keys.get()
            got.append((key, round(now())))
            await asyncio.sleep(100)
            keys.done(key)

    workers = [asyncio.create_task(work()) for _ in range(5)]
    await asyncio.sleep(1)
    for key in "abcde":
        keys.add(key, seconds(9))
    await asyncio.sleep(20)
    for worker in workers:
        worker.cancel()
    assert got == [(key, 10) for key in "abcde"]
