"""The time limit of a sync counts what the sync does, not what it waits for people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from holdfast.engine.flow import patience
from holdfast.model.application import Operation, OperationState, SyncOperation
from holdfast.model.names import OperationPhase

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIMIT = timedelta(seconds=60)
WAITS = patience.GATES + "revision abc waits for approval"


def running(message: str) -> OperationState:
    return OperationState(
        operation=Operation(sync=SyncOperation()),
        phase=OperationPhase.RUNNING,
        message=message,
        started_at="2026-01-01T00:00:00Z",
    )


def after(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def through(*messages: tuple[int, str]) -> OperationState:
    state = running("")
    for second, message in messages:
        state = patience.noted(msgspec.structs.replace(state, message=message), after(second))
    return state


@pytest.mark.parametrize(
    ("state", "second", "ends"),
    [
        (through((1, "waiting for healthy state of db")), 60, True),
        (through((1, WAITS)), 10_000, False),
        (through((30, WAITS), (1030, "going on")), 1059, False),
        (through((30, WAITS), (1030, "going on")), 1060, True),
        (through((10, WAITS), (20, "a"), (30, patience.WINDOW), (40, "b")), 79, False),
        (through((10, WAITS), (20, "a"), (30, patience.WINDOW), (40, "b")), 80, True),
    ],
    ids=["no wait", "still waiting", "a wait behind it", "and time used up", "two waits", "two waits and used up"],
)
def test_waiting_is_not_counted(state: OperationState, second: int, ends: bool) -> None:
    assert bool(patience.overdue(state, after(second), LIMIT)) is ends


def test_a_wait_that_goes_on_writes_nothing_new() -> None:
    state = through((10, WAITS))
    assert patience.noted(state, after(20)) is state
