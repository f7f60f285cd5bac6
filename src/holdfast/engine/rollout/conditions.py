"""The conditions of a Rollout, with Argo Rollouts' types, reasons and sentences."""

from __future__ import annotations

from typing import Final

import msgspec

from holdfast.engine.lang import instants
from holdfast.engine.rollout import defaults, phases, steps
from holdfast.engine.rollout.draft import Draft
from holdfast.model.kube import conditions_of
from holdfast.model.rollout import RolloutCondition, RolloutStatus

PROGRESSING: Final = "Progressing"
TRUE: Final = "True"
FALSE: Final = "False"
UNKNOWN: Final = "Unknown"


def find(status: RolloutStatus, kind: str) -> RolloutCondition | None:
    return next((condition for condition in status.conditions if condition.type == kind), None)


def put(draft: Draft, kind: str, status: str, reason: str, message: str, *, touch: bool = False) -> None:
    """Unchanged when it says the same; `touch` renews the time at which it was last confirmed."""
    before = find(draft.status, kind)
    if before is not None and (before.status, before.reason, before.message) == (status, reason, message):
        if not touch:
            return
        after = msgspec.structs.replace(before, last_update_time=draft.stamp)
    else:
        moved = before is None or before.status != status
        after = RolloutCondition(
            type=kind,
            status=status,
            reason=reason,
            message=message,
            last_update_time=draft.stamp,
            last_transition_time=draft.stamp if moved or before is None else before.last_transition_time,
        )
    others = tuple(condition for condition in draft.status.conditions if condition.type != kind)
    draft.set(conditions=(*others, after))


def drop(draft: Draft, kind: str) -> None:
    draft.set(conditions=tuple(condition for condition in draft.status.conditions if condition.type != kind))


def invalid(draft: Draft, message: str) -> None:
    text = f'The Rollout "{draft.rollout.metadata.name}" is invalid: {message}'
    if find(draft.status, phases.INVALID_SPEC) is None:
        draft.tell(phases.INVALID_SPEC, text, warning=True)
    put(draft, phases.INVALID_SPEC, TRUE, phases.INVALID_SPEC, text)


def hold(draft: Draft, message: str) -> None:
    """An abort is told beside it."""
    invalid(draft, message)
    if draft.status.abort and not draft.is_promoted:
        _aborted(draft, find(draft.status, PROGRESSING))
    if draft.seen.sets:
        _available(draft)
    _replica_failure(draft)


def update(draft: Draft) -> None:
    drop(draft, phases.INVALID_SPEC)
    _progressing(draft)
    _available(draft)
    _completed(draft)
    _healthy(draft)
    _paused(draft)
    _replica_failure(draft)


def _available(draft: Draft) -> None:
    if draft.status.available_replicas >= defaults.promised(draft.rollout) and draft.seen.sets:
        put(draft, "Available", TRUE, "AvailableReason", "Rollout has minimum availability")
    else:
        put(draft, "Available", FALSE, "AvailableReason", "Rollout does not have minimum availability")


def _completed(draft: Draft) -> None:
    what = f"revision {draft.revision} ({draft.status.current_pod_hash})"
    if draft.is_promoted:
        before = find(draft.status, "Completed")
        if before is None or before.status != TRUE:
            message = next(
                (e.message for e in draft.events if e.reason == "RolloutCompleted"), f"Rollout completed {what}"
            )
            put(draft, "Completed", TRUE, "RolloutCompleted", message)
    else:
        put(draft, "Completed", FALSE, "RolloutNotCompleted", f"Rollout not completed, started update to {what}")


def _healthy(draft: Draft) -> None:
    if phases.is_healthy(draft.rollout):
        put(draft, "Healthy", TRUE, "RolloutHealthy", "Rollout is healthy")
    else:
        put(draft, "Healthy", FALSE, "RolloutHealthy", "Rollout is not healthy")


def _replica_failure(draft: Draft) -> None:
    """What keeps a set from having its pods made: a quota, an admission that refuses them. The new set's first."""
    new = draft.new
    ordered = sorted(draft.seen.sets, key=lambda one: (new is None or one.name != new.name, -one.revision))
    for one in ordered:
        failure = next((it for it in conditions_of(one.obj) if it.get("type") == phases.REPLICA_FAILURE), None)
        if failure is not None and failure.get("status") == TRUE:
            reason, message = str(failure.get("reason") or ""), str(failure.get("message") or "")
            put(draft, phases.REPLICA_FAILURE, TRUE, reason, message)
            return
    drop(draft, phases.REPLICA_FAILURE)


def is_paused(draft: Draft) -> bool:
    return draft.rollout.spec.paused or bool(draft.status.pause_conditions)


def _paused(draft: Draft) -> None:
    if is_paused(draft):
        put(draft, "Paused", TRUE, "RolloutPaused", "Rollout is paused")
    elif (before := find(draft.status, "Paused")) is not None:
        if before.status == TRUE and not draft.status.abort:
            draft.tell("RolloutResumed", "Rollout is resumed")
        put(draft, "Paused", FALSE, "RolloutPaused", "Rollout is not paused")


def _progressing(draft: Draft) -> None:
    new = draft.new
    kind = "ReplicaSet" if draft.seen.in_place is None else "ControllerRevision"
    name = f'{kind} "{new.name}"' if new is not None else f'Rollout "{draft.rollout.metadata.name}"'
    before = find(draft.status, PROGRESSING)
    if draft.status.abort and not draft.is_promoted:
        _aborted(draft, before)
    elif is_paused(draft):
        put(draft, PROGRESSING, UNKNOWN, "RolloutPaused", "Rollout is paused")
    elif phases.is_healthy(draft.rollout):
        put(draft, PROGRESSING, TRUE, "NewReplicaSetAvailable", f"{name} has successfully progressed.")
    elif before is not None and before.reason == "RolloutAborted":
        put(draft, PROGRESSING, TRUE, "RolloutRetry", "Retrying Rollout after abort")
    elif _is_progress(draft):
        put(draft, PROGRESSING, TRUE, "ReplicaSetUpdated", f"{name} is progressing.", touch=True)
    elif not _is_timed_out(draft, before):
        if before is None or before.reason not in ("ProgressDeadlineExceeded", "NewReplicaSetAvailable"):
            put(draft, PROGRESSING, TRUE, "ReplicaSetUpdated", f"{name} is progressing.")
    else:
        _timed_out(draft, before, name)


def _aborted(draft: Draft, before: RolloutCondition | None) -> None:
    """The reason of the abort is told by this condition alone: it is kept until the next update."""
    text = f"Rollout aborted update to revision {draft.revision}"
    if draft.abort_message:
        text = f"{text}: {draft.abort_message}"
    elif before is not None and before.reason == "RolloutAborted":
        text = before.message
    if before is None or before.reason != "RolloutAborted":
        draft.tell("RolloutAborted", text, warning=True)
    put(draft, PROGRESSING, FALSE, "RolloutAborted", text)


def _is_progress(draft: Draft) -> bool:
    before, after = draft.seen.rollout.status, draft.status
    return (
        before.current_pod_hash != after.current_pod_hash
        or before.current_step_index != after.current_step_index
        or before.stable_rs != after.stable_rs
        or before.blue_green.active_selector != after.blue_green.active_selector
        or after.updated_replicas > before.updated_replicas
        or after.ready_replicas > before.ready_replicas
        or after.available_replicas > before.available_replicas
        or after.replicas < before.replicas
    )


def _is_timed_out(draft: Draft, before: RolloutCondition | None) -> bool:
    if before is None or before.reason in ("NewReplicaSetAvailable", "RolloutPaused"):
        return False
    if before.reason == "ProgressDeadlineExceeded":
        return True
    step = steps.current(draft.rollout) if not draft.is_promoted else None
    if step is not None and (step.analysis or step.experiment or step.plugin):
        return False
    since = instants.parse(before.last_update_time)
    if since is None:
        return False
    ends = since + defaults.progress_deadline(draft.rollout)
    if draft.now < ends:
        draft.wake(ends)
    return draft.now >= ends


def _timed_out(draft: Draft, before: RolloutCondition | None, name: str) -> None:
    text = f"{name} has timed out progressing."
    if draft.rollout.spec.progress_deadline_abort and not draft.is_promoted and draft.status.stable_rs:
        draft.abort(text)
        _aborted(draft, before)
        return
    if before is None or before.reason != "ProgressDeadlineExceeded":
        draft.tell("ProgressDeadlineExceeded", text, warning=True)
    put(draft, PROGRESSING, FALSE, "ProgressDeadlineExceeded", text)
