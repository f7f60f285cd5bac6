"""How long releases took, and how long they waited for people.

Source: Argo Rollouts, `status.duration` and docs/features/controller-metrics.md
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from holdfast.engine.lang import instants
from holdfast.engine.rollout import defaults, steps
from holdfast.engine.rollout.draft import Draft
from holdfast.model.figures import ReleaseEnd
from holdfast.model.rollout import Rollout, RolloutDurationStatus

SUPERSEDED: Final = "Superseded"
"""Another release began before the end; `status.duration` tells of that one already."""


def note_pauses(draft: Draft) -> None:
    """Called with the phase as it will be written."""
    duration = draft.status.duration
    if duration is None or not duration.rollout_started_at:
        return
    waits = not duration.finished_at and waits_for_a_person(draft.rollout)
    began = instants.parse(duration.manual_pause_started_at)
    if waits and began is None:
        draft.set(duration=msgspec.structs.replace(duration, manual_pause_started_at=draft.stamp))
    elif not waits and began is not None:
        total = duration.total_manual_pause_duration_seconds + int((draft.now - began).total_seconds())
        ended = msgspec.structs.replace(
            duration, manual_pause_started_at=None, total_manual_pause_duration_seconds=total
        )
        draft.set(duration=ended)


def waits_for_a_person(rollout: Rollout) -> bool:
    """It is paused, and not by a step or a promotion that goes on by itself."""
    if rollout.status.phase != "Paused":
        return False
    reasons = {condition.reason for condition in rollout.status.pause_conditions}
    if rollout.spec.paused or len(reasons) != 1:
        return True
    strategy = defaults.blue_green(rollout)
    if strategy is not None:
        return "BlueGreenPause" not in reasons or not strategy.auto_promotion_seconds
    step = steps.current(rollout)
    is_timed = step is not None and step.pause is not None and steps.pause_length(step.pause) is not None
    return "CanaryPauseStep" not in reasons or not is_timed


def end_between(
    old: RolloutDurationStatus | None, new: RolloutDurationStatus | None, now: datetime
) -> ReleaseEnd | None:
    """The release that has ended between two states of a Rollout; None for none. Only one that began and ended in the open
    has a length."""
    if old is None or not old.rollout_started_at or old.finished_at or new is None or old == new:
        return None
    if new.rollout_started_at != old.rollout_started_at:
        return _end(SUPERSEDED, old, instants.parse(new.rollout_started_at) or now)
    if new.finished_at and new.completion_status:
        return _end(new.completion_status, new, instants.parse(new.finished_at) or now)
    return None


def _end(word: str, duration: RolloutDurationStatus, at: datetime) -> ReleaseEnd | None:
    began, pause = instants.parse(duration.rollout_started_at), instants.parse(duration.manual_pause_started_at)
    if began is None:
        return None
    paused = float(duration.total_manual_pause_duration_seconds)
    if pause is not None:
        paused += max((at - pause).total_seconds(), 0.0)
    return ReleaseEnd(word, max((at - began).total_seconds(), 0.0), paused)
