"""For how long what stands at an address is taken for known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from holdfast.controllers.application.values_read import ValuesRead
from holdfast.model.errors import Blocked
from holdfast.model.keys import NamespacedName
from holdfast.runtime.clock import LoopClock

APP = NamespacedName("argocd", "web")


async def test_an_answer_counts_until_the_next_poll() -> None:
    clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
    read = ValuesRead(clock)
    assert read.known(APP, "a", 60) is None
    assert read.due_in(APP, 60) is None
    read.remember(APP, "a", clock.monotonic(), b"1")
    read.rendered(APP)
    await clock.sleep(20)
    assert read.known(APP, "a", 60) == b"1"
    assert read.due_in(APP, 60) == timedelta(seconds=40)
    await clock.sleep(40)
    assert read.known(APP, "a", 60) is None


async def test_a_refusal_counts_as_long() -> None:
    clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
    read = ValuesRead(clock)
    read.remember(APP, "a", clock.monotonic(), Blocked("ValuesFileMissing", "no"))
    with pytest.raises(Blocked, match="no"):
        read.known(APP, "a", 60)
    read.forget(APP)
    assert read.known(APP, "a", 60) is None


async def test_addresses_that_no_source_names_any_more_are_forgotten() -> None:
    clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
    read = ValuesRead(clock)
    for url in ("a", "b"):
        read.known(APP, url, 60)
        read.remember(APP, url, clock.monotonic(), b"1")
    read.rendered(APP)
    read.known(APP, "b", 60)
    read.rendered(APP)
    assert read.known(APP, "a", 60) is None
    assert read.known(APP, "b", 60) == b"1"
    read.rendered(APP)
    read.rendered(APP)
    assert read.due_in(APP, 60) is None
