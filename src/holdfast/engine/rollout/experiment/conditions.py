"""The conditions of an Experiment, for those who read conditions rather than phases."""

from __future__ import annotations

from typing import Final

from holdfast.engine.rollout.experiment.draft import Draft
from holdfast.model.experiment import ExperimentCondition

PROGRESSING: Final = "Progressing"
INVALID: Final = "InvalidExperimentSpec"
_REASONS: Final = {
    "Pending": ("True", "NewReplicaSetCreated"),
    "Running": ("True", "ExperimentRunning"),
    "Successful": ("False", "ExperimentCompleted"),
}


def update(draft: Draft, problem: str = "") -> None:
    kept = {one.type: one for one in draft.status.conditions}
    if problem:
        _put(draft, kept, INVALID, "True", INVALID, problem)
    else:
        kept.pop(INVALID, None)
    status, reason = _REASONS.get(draft.status.phase, ("False", f"Experiment{draft.status.phase}"))
    name = draft.experiment.metadata.name
    said = draft.status.message or f"Experiment {name} is {draft.status.phase.lower()}"
    _put(draft, kept, PROGRESSING, status, reason, said)
    draft.set(conditions=tuple(kept.values()))


def _put(draft: Draft, kept: dict[str, ExperimentCondition], kind: str, status: str, reason: str, message: str) -> None:
    before = kept.get(kind)
    if before is not None and (before.status, before.reason, before.message) == (status, reason, message):
        return
    since = before.last_transition_time if before is not None and before.status == status else draft.stamp
    kept[kind] = ExperimentCondition(
        type=kind,
        status=status,
        reason=reason,
        message=message,
        last_update_time=draft.stamp,
        last_transition_time=since,
    )
