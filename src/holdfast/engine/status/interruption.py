"""What ends a running operation before its own end: a person, the time limit, a newer commit."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from holdfast.engine.status import operation, times
from holdfast.model.application import OperationState
from holdfast.model.names import OperationPhase

TERMINATED = "Operation terminated"


def terminating(state: OperationState, why: str) -> OperationState:
    """The state from which the operation is brought to its end; its message will be the last one."""
    return msgspec.structs.replace(state, phase=OperationPhase.TERMINATING, message=f"{TERMINATED}: {why}")


def last_message(state: OperationState) -> str:
    """A person writes the phase alone: the message is then that of the step that ran."""
    return state.message if state.message.startswith(f"{TERMINATED}: ") else TERMINATED


def overdue(state: OperationState, now: datetime, limit: timedelta | None) -> str:
    """Why the operation has taken too long, "" when it has not."""
    started = times.parse(state.started_at)
    if limit is None or started is None or now - started < limit:
        return ""
    return f"it ran longer than the sync timeout of {limit.total_seconds():.0f} seconds"


def given_way(state: OperationState, newer: str, waited: timedelta, patience: timedelta | None) -> str:
    """Why the operation, which has `waited` for one and the same, makes room for the commit `newer`; "" when it does not.

    An operation that only waits for its next attempt has nothing running, and makes room at once.
    """
    if not newer or patience is None:
        return ""
    if operation.waits_until(state) is None and waited < patience:
        return ""
    revision = operation.revision_text(state.sync_result)
    return f"newer commit {newer} takes the place of {revision}, which was stuck: {state.message}"
