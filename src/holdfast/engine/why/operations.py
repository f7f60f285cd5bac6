"""What a running operation waits for, and why the last one failed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from holdfast.engine.flow import patience
from holdfast.engine.plan.machine import CONFIRMATION_AWAITED
from holdfast.engine.status import operation, times
from holdfast.engine.why.health import Evidence, followed
from holdfast.engine.why.reasons import Kind, Reason, command
from holdfast.model.application import Application, OperationState, ResourceResult
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import metadata_of
from holdfast.model.names import OperationPhase, ResultCode

# The words with which a sync says what it waits for.
HOOK = "waiting for completion of hook"
CONFIRMATIONS = (CONFIRMATION_AWAITED, "waiting for confirmation")
GUARDED = ": it would "
WAITS = "waiting for "
GATES = (patience.GATES, patience.WINDOW)

MOST_RESULTS = 5


def has_failed(state: OperationState | None) -> bool:
    return state is not None and state.phase in (OperationPhase.FAILED, OperationPhase.ERROR)


def running(app: Application, state: OperationState, evidence: Evidence, now: datetime) -> Iterator[Reason]:
    since = state.started_at
    if state.phase == OperationPhase.TERMINATING:
        yield Reason(Kind.RUNNING, f"the sync is being ended: {state.message}", since=since)
        return
    retry_at = operation.waits_until(state)
    if retry_at is not None and retry_at > now:
        yield _retry(app, state, retry_at, now)
        return
    if state.message.startswith(GATES):
        return
    hooks = [one for one in _results(state) if one.hook_type and one.hook_phase == OperationPhase.RUNNING]
    if hooks:
        yield from (_hook(app, one, state, evidence) for one in hooks)
    elif any(word in state.message for word in CONFIRMATIONS):
        yield Reason(
            Kind.GUARD if GUARDED in state.message else Kind.CONFIRMATION,
            state.message,
            since=since,
            unblock="a person confirms the deletion",
            command=command(app, "confirm-deletion"),
        )
    elif state.message.startswith(WAITS):
        yield Reason(
            Kind.WAVE,
            f"the sync is {state.message}",
            since=since,
            unblock="see below what ails it, or end the sync",
            command=command(app, "terminate-op"),
        )
    else:
        yield Reason(Kind.RUNNING, f"a sync runs: {state.message}", since=since)


def _retry(app: Application, state: OperationState, at: datetime, now: datetime) -> Reason:
    limit = state.operation.retry.limit
    of = f" of {limit}" if limit >= 0 else ""
    seconds = (at - now).total_seconds()
    said = state.message.partition(". Retrying attempt")[0]
    return Reason(
        Kind.RETRY,
        f"the sync failed and is tried again in {seconds:.0f} s ({state.retry_count}{of}): {said}",
        details=_failures(state),
        since=state.finished_at or "",
        until=times.stamp(at),
        unblock="mend what the message names, or end the sync",
        command=command(app, "terminate-op"),
    )


def _hook(app: Application, one: ResourceResult, state: OperationState, evidence: Evidence) -> Reason:
    key = ObjectKey(one.group, one.kind, one.namespace, one.name)
    live = evidence.objects.get(key)
    created = metadata_of(live).get("creationTimestamp") if live is not None else None
    details, unblock, told = followed(key, evidence)
    return Reason(
        Kind.HOOK,
        f"the {one.hook_type} hook {key} is running",
        subject=str(key),
        details=details,
        since=str(created or state.started_at),
        unblock=unblock or "wait for its end, or end the sync",
        command=told or command(app, "terminate-op"),
    )


def failed(app: Application) -> Iterator[Reason]:
    """The last operation, if it failed."""
    state = app.status.operation_state
    if state is None or not has_failed(state):
        return
    yield Reason(
        Kind.FAILED,
        f"the last sync {'failed' if state.phase == OperationPhase.FAILED else 'ended in an error'}: {state.message}",
        details=_failures(state),
        since=state.finished_at or "",
        unblock="mend what the message names; a new commit is tried by itself, the same one by hand",
        command=command(app, "sync"),
    )


def _failures(state: OperationState) -> tuple[str, ...]:
    bad = [
        f"{ObjectKey(one.group, one.kind, one.namespace, one.name)}: {one.message}"
        for one in _results(state)
        if one.status == ResultCode.SYNC_FAILED or one.hook_phase in (OperationPhase.FAILED, OperationPhase.ERROR)
    ]
    more = (f"and {len(bad) - MOST_RESULTS} more",) if len(bad) > MOST_RESULTS else ()
    return (*bad[:MOST_RESULTS], *more)


def _results(state: OperationState) -> tuple[ResourceResult, ...]:
    return state.sync_result.resources if state.sync_result is not None else ()
