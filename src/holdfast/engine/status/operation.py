"""The life of one operation in `status.operationState`: begun, retried, finished."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from holdfast.engine.status import history, times
from holdfast.model.application import (
    Application,
    ApplicationSource,
    ApplicationStatus,
    Operation,
    OperationState,
    ResourceResult,
    RetryStrategy,
    SyncOperationResult,
)
from holdfast.model.names import OperationPhase

FIRST_RETRY = timedelta(seconds=5)
LONGEST_RETRY = timedelta(minutes=3)
FACTOR = 2
IN_PROGRESS = "Operation is in progress"


def is_in_progress(state: OperationState | None) -> bool:
    return state is not None and state.phase in (OperationPhase.RUNNING, OperationPhase.TERMINATING)


def begun(
    operation: Operation,
    revision: str,
    source: ApplicationSource | None,
    now: datetime,
    *,
    sources: tuple[ApplicationSource, ...] = (),
    revisions: tuple[str, ...] = (),
) -> OperationState:
    """`revision`, or each of `revisions`, is what this operation keeps to, whatever is pushed while it runs."""
    return OperationState(
        operation=operation,
        phase=OperationPhase.RUNNING,
        message=IN_PROGRESS,
        started_at=times.stamp(now),
        sync_result=SyncOperationResult(revision=revision, source=source, sources=sources, revisions=revisions),
    )


def revision_text(result: SyncOperationResult | None) -> str:
    """What was synced to, for people."""
    return (result.revision or ", ".join(result.revisions)) if result is not None else ""


def attempt_of(state: OperationState) -> str:
    """Names one attempt of one operation."""
    return f"{state.started_at}/{state.retry_count}"


def with_results(state: OperationState, results: Iterable[ResourceResult], message: str = "") -> OperationState:
    record = msgspec.structs.replace(state.sync_result or SyncOperationResult(), resources=tuple(results))
    return msgspec.structs.replace(state, sync_result=record, message=message or state.message)


def ended(
    app: Application, state: OperationState, phase: OperationPhase, message: str, now: datetime
) -> ApplicationStatus:
    """The status with the operation finished, or waiting for its next attempt where it may be tried again."""
    finished = msgspec.structs.replace(state, phase=phase, message=message, finished_at=times.stamp(now))
    retry = state.operation.retry
    failed = phase in (OperationPhase.FAILED, OperationPhase.ERROR)
    if failed and state.phase != OperationPhase.TERMINATING and (retry.limit < 0 or state.retry_count < retry.limit):
        count = state.retry_count + 1
        at = now + retry_delay(retry, state.retry_count)
        finished = msgspec.structs.replace(
            finished,
            phase=OperationPhase.RUNNING,
            retry_count=count,
            message=f"{message}. Retrying attempt #{count} at {times.stamp(at)}.",
        )
    status = msgspec.structs.replace(app.status, operation_state=finished)
    if history.is_recorded(finished):
        status = msgspec.structs.replace(status, history=history.with_deployment(app, finished))
    return status


def retry_delay(retry: RetryStrategy, tries: int) -> timedelta:
    """After `tries` attempts before this one."""
    backoff = retry.backoff
    first = times.duration(backoff.duration, FIRST_RETRY) if backoff else FIRST_RETRY
    longest = times.duration(backoff.max_duration, LONGEST_RETRY) if backoff else LONGEST_RETRY
    factor = backoff.factor if backoff and backoff.factor else FACTOR
    return min(first * float(factor ** min(tries, 30)), longest)


def waits_until(state: OperationState) -> datetime | None:
    """When the next attempt of a failed operation begins; None when no attempt is waited for."""
    finished = times.parse(state.finished_at)
    if state.phase != OperationPhase.RUNNING or finished is None:
        return None
    return finished + retry_delay(state.operation.retry, state.retry_count - 1)


def tried_again(
    state: OperationState,
    newest: str = "",
    source: ApplicationSource | None = None,
    *,
    sources: tuple[ApplicationSource, ...] = (),
    revisions: tuple[str, ...] = (),
) -> OperationState:
    """A new attempt: the record of the last one is gone. The commit stays, unless the retry asks for the newest one
    and the operation was not about a chosen one."""
    result = state.sync_result or SyncOperationResult()
    if (newest or revisions) and _follows_its_source(state.operation):
        result = msgspec.structs.replace(result, revision=newest, source=source, sources=sources, revisions=revisions)
    return msgspec.structs.replace(
        state,
        finished_at=None,
        message=f"Retrying operation. Attempt #{state.retry_count}",
        sync_result=msgspec.structs.replace(result, resources=()),
    )


def _follows_its_source(asked: Operation) -> bool:
    sync = asked.sync
    if not asked.retry.refresh or sync is None or sync.source is not None or sync.sources:
        return False
    return asked.initiated_by.automated or not (sync.revision or sync.revisions)
