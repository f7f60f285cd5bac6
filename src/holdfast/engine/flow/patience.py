"""The time that a sync has waited for people and for other applications, which its time limit does not count.

It is kept in the `info` of the running operation, so that a restart does not forget it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

import msgspec

from holdfast.engine.plan.machine import CONFIRMATION_AWAITED
from holdfast.engine.status import interruption, times
from holdfast.model.application import OperationState
from holdfast.model.names import OperationInfo
from holdfast.model.source_options import NameValue

WINDOW: Final = "Sync operation blocked by sync window: "
GATES: Final = "Sync operation waits: "
"""How the message of an operation begins that may not take its next step."""

OWN: Final = (OperationInfo.WAITING_SINCE, OperationInfo.WAITED)


def noted(state: OperationState, now: datetime) -> OperationState:
    """The state with the beginning or the end of such a wait written down; itself when neither is now."""
    since, waited = _since(state), _waited(state)
    waits = state.message.startswith((WINDOW, GATES, CONFIRMATION_AWAITED))
    if waits and since is None:
        return _with(state, now, waited)
    if not waits and since is not None:
        return _with(state, None, waited + max(now - since, timedelta(0)))
    return state


def overdue(state: OperationState, now: datetime, limit: timedelta | None) -> str:
    """Why the operation has taken too long, "" when it has not."""
    since = _since(state)
    waiting = max(now - since, timedelta(0)) if since is not None else timedelta(0)
    return interruption.overdue(state, now - _waited(state) - waiting, limit)


def _with(state: OperationState, since: datetime | None, waited: timedelta) -> OperationState:
    said = {
        OperationInfo.WAITING_SINCE: times.stamp(since) if since is not None else "",
        OperationInfo.WAITED: f"{waited.total_seconds():.0f}s" if waited else "",
    }
    kept = tuple(entry for entry in state.operation.info if entry.name not in OWN)
    own = tuple(NameValue(name=name.value, value=value) for name, value in said.items() if value)
    return msgspec.structs.replace(state, operation=msgspec.structs.replace(state.operation, info=(*kept, *own)))


def _since(state: OperationState) -> datetime | None:
    return times.parse(_said(state, OperationInfo.WAITING_SINCE))


def _waited(state: OperationState) -> timedelta:
    return times.duration(_said(state, OperationInfo.WAITED), timedelta(0))


def _said(state: OperationState, name: OperationInfo) -> str:
    return next((entry.value for entry in state.operation.info if entry.name == name), "")
