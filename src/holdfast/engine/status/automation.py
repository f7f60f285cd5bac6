"""Whether an application syncs by itself now.

Source of the rules: https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeAlias

import msgspec
from msgspec import Struct

from holdfast.engine.status import operation, times
from holdfast.model.application import (
    Application,
    ApplicationCondition,
    ApplicationSource,
    Operation,
    OperationInitiator,
    OperationState,
    RetryStrategy,
    SyncOperation,
    SyncOperationResource,
)
from holdfast.model.desired import ObjectState
from holdfast.model.names import ConditionType, OperationPhase, SyncCode

DEFAULT_RETRY = RetryStrategy(limit=5)

# A person who changes something a few times sees it undone at once each time. Somebody who never gives up is another
# controller: from then on heals of the same drift wait, longer each time, and the count is forgotten after a while.
HEALS_AT_ONCE = 5
FIRST_HEAL = timedelta(seconds=5)
LONGEST_HEAL = timedelta(minutes=5)
HEAL_FORGOTTEN = timedelta(minutes=5)


class Start(Struct, frozen=True):
    operation: Operation


class Hold(Struct, frozen=True):
    """No sync now; `after` says when to ask again, `condition` what people should know."""

    because: str
    after: timedelta | None = None
    condition: ApplicationCondition | None = None


Decision: TypeAlias = Start | Hold


def decide(
    app: Application,
    states: Sequence[ObjectState],
    code: SyncCode,
    revision: str,
    now: datetime,
    *,
    revisions: tuple[str, ...] = (),
) -> Decision:
    """`revisions` stand for `revision` where the application has several sources."""
    shown = revision or ", ".join(revisions)
    policy = app.spec.sync_policy
    automated = policy.automated if policy else None
    if automated is None or automated.enabled is False:
        return Hold("not automated")
    if app.metadata.deletion_timestamp or operation.is_in_progress(app.status.operation_state):
        return Hold("an operation or the deletion is under way")
    if code is not SyncCode.OUT_OF_SYNC:
        return Hold("in sync" if code is SyncCode.SYNCED else "what is desired is not known")
    if any(state.problem for state in states):
        return Hold("an object cannot be applied")
    drifted = [state for state in states if _is_out_of_sync(state)]
    if not automated.prune and all(state.requires_pruning for state in drifted):
        return Hold("only pruning is left, and automated pruning is off")
    if (
        automated.prune
        and not automated.allow_empty
        and states
        and all(s.requires_pruning for s in states if not s.hook)
    ):
        return Hold(
            "it would delete everything",
            condition=_error(f"Skipping sync attempt to {shown}: auto-sync will wipe out all resources"),
        )
    initiated = Operation(
        sync=SyncOperation(
            revision=revision,
            revisions=revisions,
            prune=bool(automated.prune),
            sync_options=policy.sync_options if policy else (),
        ),
        initiated_by=OperationInitiator(automated=True),
        retry=(policy.retry if policy and policy.retry else DEFAULT_RETRY),
    )
    if not was_attempted(app, revision, revisions):
        return Start(initiated)
    return _heal(app, initiated, drifted, shown, now, wanted=bool(automated.self_heal))


def _heal(
    app: Application, initiated: Operation, drifted: list[ObjectState], shown: str, now: datetime, *, wanted: bool
) -> Decision:
    """The revision was synced before: only drift can be the reason."""
    last = app.status.operation_state
    sync = initiated.sync
    if last is None or sync is None:
        return Hold("never synced")
    if last.phase != OperationPhase.SUCCEEDED:
        return Hold(
            "the last attempt failed",
            condition=_error(f"Failed last sync attempt to {shown}: {last.message}"),
        )
    if not wanted:
        return Hold("this revision was synced before, and self-heal is off")
    since = now - (times.parse(last.finished_at) or now)
    attempts = sync_of(last).auto_heal_attempts_count
    repeats = attempts - HEALS_AT_ONCE
    pause = min(FIRST_HEAL * 2 ** min(repeats, 10), LONGEST_HEAL) if repeats >= 0 else timedelta(0)
    if since >= pause + HEAL_FORGOTTEN or not _is_same_drift(sync_of(last), drifted):
        attempts = 0  # this drift is a new one
    elif since < pause:
        return Hold("the same drift came back", after=pause - since)
    healing = msgspec.structs.replace(
        sync,
        auto_heal_attempts_count=attempts + 1,
        resources=tuple(
            SyncOperationResource(
                group=state.key.group, kind=state.key.kind, name=state.key.name, namespace=state.key.namespace
            )
            for state in drifted
        ),
    )
    return Start(msgspec.structs.replace(initiated, sync=healing))


def sync_of(state: OperationState) -> SyncOperation:
    return state.operation.sync or SyncOperation()


def _is_same_drift(last: SyncOperation, drifted: list[ObjectState]) -> bool:
    """The last heal was about one of these objects."""
    healed = {(one.group, one.kind, one.namespace, one.name) for one in last.resources}
    return any((state.key.group, state.key.kind, state.key.namespace, state.key.name) in healed for state in drifted)


def was_attempted(app: Application, revision: str, revisions: tuple[str, ...] = ()) -> bool:
    """The last operation was a real sync to this revision, or these, with the same parameters."""
    last = app.status.operation_state
    if last is None or last.sync_result is None or last.operation.sync is None or last.operation.sync.dry_run:
        return False
    result = last.sync_result
    if app.spec.sources:
        return result.revisions == revisions and list(map(_parameters, result.sources)) == list(
            map(_parameters, app.spec.sources)
        )
    return result.revision == revision and _parameters(result.source) == _parameters(app.spec.source)


def _parameters(source: ApplicationSource | None) -> ApplicationSource | None:
    """The source without its target revision: the commit is compared by itself."""
    return msgspec.structs.replace(source, target_revision="") if source is not None else None


def _is_out_of_sync(state: ObjectState) -> bool:
    return not state.hook and state.comparison is not None and state.comparison.status is not SyncCode.SYNCED


def _error(message: str) -> ApplicationCondition:
    return ApplicationCondition(type=ConditionType.SYNC_ERROR, message=message)
