"""The command line tries a host a few times, and lets a preview count that cannot be told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from holdfast.assembly.preview import ATTEMPTS, AskedPull, patiently
from holdfast.model.errors import Blocked, HoldfastError, TooManyRequests, Transient
from holdfast.runtime.clock import LoopClock

DOWN = Transient("HostUnreachable", "down")


class Host:
    def __init__(self, *failures: HoldfastError) -> None:
        self.failures = list(failures)
        self.asked = 0

    async def ask(self) -> str:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        return "answer"


@pytest.mark.parametrize("failures", [(), (DOWN,), (DOWN,) * (ATTEMPTS - 1)])
async def test_what_passes_by_itself_is_waited_for(failures: tuple[HoldfastError, ...]) -> None:
    host = Host(*failures)
    assert await patiently(host.ask, LoopClock(datetime(2026, 1, 1, tzinfo=UTC))) == "answer"
    assert host.asked == len(failures) + 1


async def test_it_ends() -> None:
    host = Host(*(DOWN,) * 100)
    with pytest.raises(Transient):
        await patiently(host.ask, LoopClock(datetime(2026, 1, 1, tzinfo=UTC)))
    assert host.asked == ATTEMPTS


async def test_what_a_person_must_mend_is_not_tried_again() -> None:
    host = Host(Blocked("HostForbidden", "no"))
    with pytest.raises(Blocked):
        await patiently(host.ask, LoopClock(datetime(2026, 1, 1, tzinfo=UTC)))
    assert host.asked == 1


@pytest.mark.parametrize(("wanted", "waited"), [(30.0, 30), (3000.0, 60)])
async def test_a_host_says_how_long_up_to_a_minute(wanted: float, waited: float) -> None:
    clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
    began = clock.monotonic()
    await patiently(Host(TooManyRequests("slowly", details={"retryAfterSeconds": wanted})).ask, clock)
    assert clock.monotonic() - began == pytest.approx(waited)


def test_nothing_shows_the_token() -> None:
    assert "hunter2" not in repr(AskedPull("https://github.com/a/b", 1, token="hunter2"))
