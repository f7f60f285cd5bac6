"""Hooks of other applications that have ended and that nobody waits for any more: they do not hold a name for ever.

A hook of the default policy stays after its run. When its manifest moves to another application, or another one has a hook
of the same name, what is left of the old run must not keep the new one from being made.
"""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.engine.plan import hooks
from holdfast.engine.plan.machine import LiveState
from holdfast.engine.status import operation, times
from holdfast.model.application import Application
from holdfast.model.health import Health
from holdfast.model.kube import annotations_of

_DELETION = "deletion-"
_ENDED = frozenset({Health.HEALTHY, Health.DEGRADED})


def is_abandoned(state: LiveState, owner: Application | None) -> bool:
    """Whether the live hook may go although it belongs to `owner`, the application as it is known, None once it is gone.

    What is known of the owner may be older than the hook: an operation counts as over only if it, or a later one, is known.
    """
    began = _began(annotations_of(state.obj).get(hooks.OPERATION, ""))
    if began is None or (state.health is not None and state.health.status not in _ENDED):
        return False
    if owner is None:
        return True
    if owner.metadata.deletion_timestamp or operation.is_in_progress(owner.status.operation_state):
        return False
    last = owner.status.operation_state
    known = [owner.metadata.creation_timestamp, last.started_at if last is not None else None]
    return any(time is not None and time >= began for time in map(times.parse, known))


def _began(mark: str) -> datetime | None:
    """When the operation began that made the hook; None for what carries no mark of an operation."""
    name = mark.partition("/")[0]
    seconds = name.removeprefix(_DELETION)
    if seconds != name:
        return datetime.fromtimestamp(int(seconds), UTC) if seconds.isdecimal() and len(seconds) < 12 else None
    return times.parse(name)
