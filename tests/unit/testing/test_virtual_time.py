"""Virtual time jumps, stands still for the outside, and reports a deadlock."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.testing import virtual_time


async def test_a_sleep_takes_virtual_time_only() -> None:
    began = time.monotonic()
    loop = asyncio.get_running_loop()
    await asyncio.sleep(3 * 24 * 3600)
    assert loop.time() == pytest.approx(3 * 24 * 3600)
    assert time.monotonic() - began < 1


async def test_timers_fire_in_order_of_their_time() -> None:
    seen: list[float] = []

    async def wait(seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen.append(seconds)

    await asyncio.gather(*(wait(seconds) for seconds in (5, 0.1, 60, 0)))
    assert seen == [0, 0.1, 5, 60]


async def test_time_passes_at_its_real_pace_while_a_thread_works() -> None:
    loop = asyncio.get_running_loop()
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(3600)
            ticks += 1

    ticking = asyncio.create_task(tick())
    await asyncio.to_thread(time.sleep, 0.02)
    ticking.cancel()
    assert ticks == 0
    assert loop.time() < 10


async def test_a_timeout_fires_in_virtual_time() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(300):
            await asyncio.Event().wait()
    assert asyncio.get_running_loop().time() == pytest.approx(300)


async def test_streams_over_sockets_work() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.sockets[0].getsockname()[1])
        writer.write(b"hello\n")
        assert await reader.readline() == b"hello\n"
        writer.close()
        await writer.wait_closed()


def test_a_deadlock_names_the_waiting_tasks() -> None:
    async def wait_for_nobody() -> None:
        await asyncio.Event().wait()

    with pytest.raises(virtual_time.Deadlock, match=r"wait_for_nobody at .*test_virtual_time\.py:\d+"):
        virtual_time.run(wait_for_nobody())


def test_tasks_left_behind_are_cancelled() -> None:
    ended: list[str] = []

    async def linger() -> None:
        try:
            await asyncio.sleep(1e9)
        finally:
            ended.append("linger")

    async def main() -> int:
        task = asyncio.create_task(linger())
        await asyncio.sleep(0)
        assert not task.done()
        return 7

    assert virtual_time.run(main()) == 7
    assert ended == ["linger"]


@pytest.mark.real_time
async def test_a_marked_test_runs_on_the_ordinary_loop() -> None:
    assert not isinstance(asyncio.get_running_loop(), virtual_time.VirtualTimeLoop)


@given(st.lists(st.floats(min_value=0, max_value=1e6)))
async def test_the_longest_sleep_is_what_passes(seconds: list[float]) -> None:
    await asyncio.gather(*(asyncio.sleep(each) for each in seconds))
    assert asyncio.get_running_loop().time() == pytest.approx(max(seconds, default=0))
