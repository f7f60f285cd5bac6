"""Releases of several Rollouts as one: joint steps, a joint end, a joint abort.

A member passes a step when every other member that is in a release has completed it too. As the status of a Rollout
tells only which step it is at, one that has completed its step and waits says so in an annotation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from holdfast.engine.rollout import conditions, defaults, steps
from holdfast.engine.rollout.actions import AnnotateRollout
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.phases import is_generation_observed, is_workload_observed
from holdfast.model.rollout import Rollout

LABEL: Final = "holdfast.dev/release-group"
DONE: Final = "holdfast.dev/step-completed"
"""Hash of the release and number of the step."""
FOLLOWED: Final = "holdfast.dev/followed-abort"
"""Which abort of another member this one has followed: it is not followed again after a retry."""


def name_of(rollout: Rollout) -> str:
    return rollout.metadata.labels.get(LABEL, "")


def members(rollout: Rollout, others: Sequence[Rollout]) -> tuple[Rollout, ...]:
    """The others of its group, by name."""
    name = name_of(rollout)
    found = [
        one
        for one in others
        if name
        and name_of(one) == name
        and one.metadata.namespace == rollout.metadata.namespace
        and one.metadata.name != rollout.metadata.name
        and not one.metadata.deletion_timestamp
    ]
    return tuple(sorted(found, key=lambda one: one.metadata.name))


def waits_for(rollout: Rollout, others: Sequence[Rollout]) -> list[str]:
    """The members that have not completed the step that this one is at; none when it is in no release."""
    at, count = steps.index(rollout), steps.count(rollout)
    if at is None or at >= count or not _is_in_release(rollout):
        return []
    return [
        one.metadata.name for one in members(rollout, others) if not _has_completed(one, at, is_last=at + 1 == count)
    ]


def may_pass(draft: Draft) -> bool:
    """Else the step that is completed is noted, for the others to see."""
    if not waits_for(draft.rollout, draft.seen.others):
        return True
    done = _mark(draft.rollout, steps.index(draft.rollout) or 0)
    if draft.rollout.metadata.annotations.get(DONE) != done:
        draft.act(AnnotateRollout({DONE: done}))
    return False


def follow_abort(draft: Draft) -> None:
    if draft.is_promoted or not draft.status.stable_rs:
        return
    culprit = _culprit(draft.rollout, members(draft.rollout, draft.seen.others))
    if culprit is None:
        return
    abort = f"{culprit.metadata.name}/{culprit.status.current_pod_hash}/{culprit.status.aborted_at}"
    if draft.rollout.metadata.annotations.get(FOLLOWED) == abort:
        return
    if not draft.status.abort:
        draft.abort(_said(draft.rollout, culprit))
    draft.act(AnnotateRollout({FOLLOWED: abort}))


def _is_in_release(rollout: Rollout) -> bool:
    status = rollout.status
    if not status.stable_rs or status.abort:
        return False
    return status.current_pod_hash != status.stable_rs


def _has_completed(other: Rollout, at: int, *, is_last: bool) -> bool:
    """One that a person has paused is out of step by intent. A spec that nobody has looked at may be a new release."""
    if other.spec.paused or defaults.blue_green(other) is not None:
        return True
    if not _is_observed(other):
        return not other.status.stable_rs
    if not _is_in_release(other):
        return True
    count, index = steps.count(other), steps.index(other)
    if index is None or index >= count:
        return True
    wanted = count - 1 if is_last else min(at, count - 1)
    return index > wanted or (index == wanted and other.metadata.annotations.get(DONE) == _mark(other, wanted))


def _is_observed(rollout: Rollout) -> bool:
    """Else its status may tell of a release that is over, as another template has come."""
    return is_generation_observed(rollout) and is_workload_observed(rollout)


def _mark(rollout: Rollout, step: int) -> str:
    return f"{rollout.status.current_pod_hash}.{step}"


def _culprit(rollout: Rollout, others: Sequence[Rollout]) -> Rollout | None:
    """The one that was aborted first, for a reason of its own."""
    aborted = [
        one
        for one in others
        if one.status.abort
        and one.status.aborted_at
        and one.status.stable_rs != one.status.current_pod_hash
        and _is_observed(one)
        and not _is_follower(one)
    ]
    return min(aborted, key=lambda one: (one.status.aborted_at or "", one.metadata.name), default=None)


def _is_follower(rollout: Rollout) -> bool:
    found = conditions.find(rollout.status, conditions.PROGRESSING)
    return found is not None and f" of release group {name_of(rollout)} was aborted" in found.message


def _said(rollout: Rollout, culprit: Rollout) -> str:
    found = conditions.find(culprit.status, conditions.PROGRESSING)
    reason = f": {found.message}" if found is not None and found.reason == "RolloutAborted" else ""
    return f"Rollout {culprit.metadata.name} of release group {name_of(rollout)} was aborted{reason}"
