"""The clocks agree with the loop they run on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.ports.clock import Clock
from holdfast.runtime.clock import LoopClock, ScaledClock, SystemClock

START = datetime(2026, 1, 1, tzinfo=UTC)


async def test_a_loop_clock_is_virtual_on_the_virtual_loop() -> None:
    clock: Clock = LoopClock(START)
    await clock.sleep(90)
    assert clock.now() == START + timedelta(seconds=90)
    assert clock.monotonic() == 90


@pytest.mark.real_time
async def test_a_scaled_clock_runs_faster() -> None:
    clock: Clock = ScaledClock(1000, START)
    began = SystemClock().monotonic()
    await clock.sleep(20)
    assert clock.now() - START >= timedelta(seconds=20)
    assert SystemClock().monotonic() - began < 5


def test_a_scaled_clock_never_runs_backwards() -> None:
    with pytest.raises(ValueError, match="factor -1"):
        ScaledClock(-1)


def test_the_system_clock_is_in_utc() -> None:
    clock: Clock = SystemClock()
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() <= clock.monotonic()
