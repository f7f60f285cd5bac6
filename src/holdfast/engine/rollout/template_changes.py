"""A new pod template, or new steps, begin an update; going back to what was stable ends one."""

from __future__ import annotations

from holdfast.engine.rollout import defaults, history, step_plugins, steps
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.promotion import ROLLED_BACK
from holdfast.model.rollout import RolloutDurationStatus


def follow(draft: Draft, current: str) -> None:
    status = draft.status
    is_canary = defaults.blue_green(draft.rollout) is None
    step_hash = steps.fingerprint(draft.rollout) if is_canary and steps.count(draft.rollout) else ""
    has_new_template = status.current_pod_hash != current
    # Where steps are given to a Rollout that had none, nothing is known of the old ones either.
    knows_steps = bool(status.current_step_hash) or status.current_step_index is None
    has_new_steps = knows_steps and status.current_step_hash != step_hash
    if not has_new_template and not has_new_steps:
        draft.set(current_step_hash=step_hash)
        return
    # Not dated: a person has asked for it since anybody looked. These pods are aborted, whatever their steps are.
    is_just_aborted = status.abort and status.aborted_at is None and not has_new_template
    draft.set(
        current_pod_hash=current,
        current_step_hash=step_hash,
        abort=is_just_aborted,
        aborted_at=None,
        pause_conditions=(),
        controller_pause=False,
        promote_full=False,
        current_step_index=None,
    )
    draft.set_canary(
        current_step_analysis_run_status=None, current_background_analysis_run_status=None, current_experiment=""
    )
    step_plugins.begin_anew(draft)
    draft.set_blue_green(
        scale_up_preview_check_point=False,
        pre_promotion_analysis_run_status=None,
        post_promotion_analysis_run_status=None,
    )
    if has_new_template and current == draft.status.stable_rs:
        # No release of its own: the one under way ends.
        draft.finish(ROLLED_BACK)
    elif has_new_template:
        draft.set(duration=RolloutDurationStatus(rollout_started_at=draft.stamp))
    elif status.abort and not is_just_aborted and not draft.is_promoted:
        draft.finish("")
    if is_canary and steps.count(draft.rollout):
        draft.set(current_step_index=_first_step(draft, current))


def _first_step(draft: Draft, current: str) -> int:
    count = steps.count(draft.rollout)
    if not draft.status.stable_rs:
        return count
    if current == draft.status.stable_rs:
        draft.tell("SkipSteps", "Rollback to stable ReplicaSets")
        return count
    if history.is_within_window(draft, current):
        draft.tell("SkipSteps", f"Rollback to '{current}' within window")
        return count
    return 0
