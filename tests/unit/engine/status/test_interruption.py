"""What ends a running operation before its own end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from holdfast.engine.status import interruption, operation
from holdfast.model.application import ApplicationSource, Operation, OperationState, RetryStrategy, SyncOperation
from holdfast.model.names import OperationPhase

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SOURCE = ApplicationSource(repo_url="https://git.example.com/web.git", path="app")


def running(*, revision: str = "", automated: bool = True, refresh: bool = False) -> OperationState:
    asked = Operation(sync=SyncOperation(revision=revision), retry=RetryStrategy(limit=3, refresh=refresh))
    initiated = msgspec.structs.replace(asked.initiated_by, automated=automated)
    return operation.begun(msgspec.structs.replace(asked, initiated_by=initiated), "old", SOURCE, NOW)


@pytest.mark.parametrize(
    ("limit", "after", "ends"),
    [(None, 10_000, False), (MINUTE, 59, False), (MINUTE, 60, True)],
)
def test_an_operation_ends_at_its_time_limit(limit: timedelta | None, after: int, ends: bool) -> None:
    assert bool(interruption.overdue(running(), NOW + timedelta(seconds=after), limit)) is ends


@pytest.mark.parametrize(
    ("newer", "waited", "patience", "gives_way"),
    [
        ("", 2 * MINUTE, MINUTE, False),
        ("new", 2 * MINUTE, None, False),
        ("new", MINUTE / 2, MINUTE, False),
        ("new", MINUTE, MINUTE, True),
    ],
)
def test_a_stuck_operation_makes_room(
    newer: str, waited: timedelta, patience: timedelta | None, gives_way: bool
) -> None:
    assert bool(interruption.given_way(running(), newer, waited, patience)) is gives_way


def test_an_operation_between_two_attempts_makes_room_at_once() -> None:
    between = msgspec.structs.replace(running(), retry_count=1, finished_at="2026-01-02T03:04:05Z", message="no luck")
    why = interruption.given_way(between, "new", timedelta(0), MINUTE)
    assert why == "newer commit new takes the place of old, which was stuck: no luck"


def test_the_last_message_says_why_only_when_somebody_said_it() -> None:
    state = interruption.terminating(running(), "because")
    assert (state.phase, interruption.last_message(state)) == ("Terminating", "Operation terminated: because")
    by_hand = msgspec.structs.replace(running(), phase=OperationPhase.TERMINATING, message="waiting for a hook")
    assert interruption.last_message(by_hand) == "Operation terminated"


@pytest.mark.parametrize(
    ("state", "revision"),
    [
        (running(refresh=True, revision="old"), "new"),
        (running(refresh=True, automated=False), "new"),
        (running(refresh=True, automated=False, revision="v1"), "old"),
        (running(), "old"),
    ],
)
def test_a_new_attempt_takes_the_newest_commit_where_that_is_asked_for(state: OperationState, revision: str) -> None:
    again = operation.tried_again(state, "new", SOURCE)
    assert again.sync_result is not None
    assert again.sync_result.revision == revision
