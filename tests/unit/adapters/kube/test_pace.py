"""How many requests are under way at once, as the server's answers say."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from holdfast.adapters.kube.pace import Pace
from holdfast.runtime.clock import LoopClock

CLOCK = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))


class Crowd:
    """Requests that take a second each."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self.now = 0
        self.most = 0
        self.began: list[float] = []

    async def request(self) -> None:
        async with self._pace.place() as began:
            self.began.append(began)
            self.now += 1
            self.most = max(self.most, self.now)
            await asyncio.sleep(1)
            self.now -= 1

    async def come(self, number: int) -> None:
        await asyncio.gather(*(self.request() for _ in range(number)))


async def test_no_more_than_the_limit_are_under_way() -> None:
    crowd = Crowd(Pace(CLOCK, 4))
    await crowd.come(10)
    assert crowd.most == 4
    assert crowd.began == sorted(crowd.began)


async def test_a_refusal_halves_the_limit_once_for_all_that_were_under_way() -> None:
    pace = Pace(CLOCK, 32)
    for _ in range(5):
        pace.refused(CLOCK.monotonic() - 1, None)
    assert pace.limit == 16
    await asyncio.sleep(1)
    pace.refused(CLOCK.monotonic(), None)
    assert pace.limit == 8
    crowd = Crowd(pace)
    await crowd.come(30)
    assert crowd.most == 8


async def test_the_limit_never_reaches_zero_and_grows_back_to_what_it_was() -> None:
    pace = Pace(CLOCK, 4)
    for _ in range(10):
        await asyncio.sleep(1)
        pace.refused(CLOCK.monotonic(), None)
    assert pace.limit == 1
    for _ in range(100):
        pace.answered()
    assert pace.limit == 4


@pytest.mark.parametrize(("asked", "waited"), [(7, 7), (3600, 60)])
async def test_nothing_is_sent_while_the_server_wants_to_be_left_alone(asked: int, waited: int) -> None:
    pace = Pace(CLOCK, 4)
    pace.refused(0.0, timedelta(seconds=asked))
    crowd = Crowd(pace)
    await crowd.come(1)
    assert crowd.began == [waited]


async def test_somebody_who_gives_up_keeps_no_place() -> None:
    pace = Pace(CLOCK, 1)
    crowd = Crowd(pace)
    first = asyncio.create_task(crowd.request())
    second = asyncio.create_task(crowd.request())
    third = asyncio.create_task(crowd.request())
    await asyncio.sleep(0.5)
    second.cancel()
    await asyncio.sleep(0.6)
    third.cancel()
    await asyncio.gather(first, second, third, return_exceptions=True)
    await crowd.come(1)
    assert len(crowd.began) == 3
