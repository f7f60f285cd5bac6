"""The next move of a blue-green release: a whole new set beside the old one, then one switch."""

from __future__ import annotations

from typing import Final

from holdfast.engine.lang import durations
from holdfast.engine.rollout import analysis, defaults, history, scaling, services
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.promotion import promote
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import BlueGreenStrategy

PAUSE: Final = "BlueGreenPause"


def proceed(draft: Draft, strategy: BlueGreenStrategy) -> None:
    new = draft.new
    _read_selectors(draft, strategy)
    if new is not None:
        if draft.status.abort:
            _go_back(draft, strategy)
        elif not draft.rollout.spec.paused:
            _advance(draft, strategy, new)
    _scale(draft, strategy)


def hold(draft: Draft, strategy: BlueGreenStrategy) -> None:
    """Only an abort moves the active service, and the sets follow `spec.replicas`."""
    _read_selectors(draft, strategy)
    if draft.status.abort:
        _go_back(draft, strategy)
    _scale(draft, strategy)


def _read_selectors(draft: Draft, strategy: BlueGreenStrategy) -> None:
    """The services are the truth about who is active; of one that is not there the last word is kept."""
    known = {one.hash for one in draft.seen.sets}
    if strategy.active_service in draft.seen.services:
        active = services.selected(draft, strategy.active_service)
        draft.set_blue_green(active_selector=active if active in known else "")
    if not strategy.preview_service or strategy.preview_service in draft.seen.services:
        preview = services.selected(draft, strategy.preview_service) if strategy.preview_service else ""
        draft.set_blue_green(preview_selector=preview)


def _advance(draft: Draft, strategy: BlueGreenStrategy, new: ReplicaSet) -> None:
    if strategy.preview_service:
        services.point(draft, strategy.preview_service, new)
        draft.set_blue_green(preview_selector=new.hash)
    if draft.status.blue_green.active_selector != new.hash and _may_switch(draft, strategy, new):
        services.point(draft, strategy.active_service, new)
        draft.set_blue_green(active_selector=new.hash)
    if draft.status.blue_green.active_selector == new.hash and not draft.is_promoted:
        _settle(draft, strategy, new)


def _may_switch(draft: Draft, strategy: BlueGreenStrategy, new: ReplicaSet) -> bool:
    is_first = not draft.status.blue_green.active_selector
    if is_first:
        return new.available > 0 or not defaults.replicas(draft.rollout)
    if draft.status.promote_full or _is_fast(draft, new):
        draft.unpause()
        return _is_whole(draft, new)
    if not draft.status.blue_green.scale_up_preview_check_point:
        if not (new.is_saturated and new.desired == _preview_count(draft, strategy)):
            return False
        if strategy.pre_promotion_analysis is not None and not analysis.before_promotion(
            draft, strategy.pre_promotion_analysis
        ):
            return False
        if not _has_rested(draft, strategy):
            return False
        draft.unpause()
        draft.set_blue_green(scale_up_preview_check_point=True)
    return _is_whole(draft, new)


def _is_whole(draft: Draft, new: ReplicaSet) -> bool:
    wanted = defaults.replicas(draft.rollout)
    return new.is_observed and new.desired == wanted and new.available >= defaults.promised(draft.rollout)


def _is_fast(draft: Draft, new: ReplicaSet) -> bool:
    """Back to a set that was stable and still has its pods, or within the rollback window: nothing to wait for."""
    still_there = bool(new.deadline) and new.desired > 0 and history.was_stable(new)
    return still_there or history.is_within_window(draft, new.hash)


def _has_rested(draft: Draft, strategy: BlueGreenStrategy) -> bool:
    waits = not defaults.auto_promotion(draft.rollout) or strategy.auto_promotion_seconds > 0
    if not waits:
        return not draft.is_paused_for(analysis.INCONCLUSIVE)
    began = draft.paused_since(PAUSE)
    if began is None:
        if draft.status.controller_pause and not draft.status.pause_conditions:
            return True
        draft.pause(PAUSE)
        draft.tell("RolloutPaused", "Rollout is paused (BlueGreenPause)")
        began = draft.now
    if strategy.auto_promotion_seconds <= 0:
        return False
    ends = began + durations.of_seconds(strategy.auto_promotion_seconds)
    if draft.now < ends:
        draft.wake(ends)
    return draft.now >= ends


def _settle(draft: Draft, strategy: BlueGreenStrategy, new: ReplicaSet) -> None:
    """Active already; it becomes stable when the analysis after the switch agrees."""
    if not draft.status.stable_rs:
        promote(draft, "Initial deploy")
        return
    wanted = strategy.post_promotion_analysis
    if wanted is None or draft.status.promote_full or analysis.after_promotion(draft, wanted):
        promote(draft, "Completed blue-green update")
    elif draft.status.abort:
        _go_back(draft, strategy)


def _go_back(draft: Draft, strategy: BlueGreenStrategy) -> None:
    draft.unpause()
    analysis.stop_all(draft)
    stable = draft.stable
    if stable is not None and stable.desired and stable.available and strategy.active_service in draft.seen.services:
        services.point(draft, strategy.active_service, stable)
        draft.set_blue_green(active_selector=stable.hash)
    draft.set_blue_green(scale_up_preview_check_point=False)


def _preview_count(draft: Draft, strategy: BlueGreenStrategy) -> int:
    wanted = defaults.replicas(draft.rollout)
    status = draft.status.blue_green
    is_preview = bool(status.active_selector) and status.active_selector != draft.status.current_pod_hash
    checked = status.scale_up_preview_check_point or draft.status.promote_full
    if strategy.preview_replica_count is None or not is_preview or checked:
        return wanted
    return strategy.preview_replica_count


def _scale(draft: Draft, strategy: BlueGreenStrategy) -> None:
    new, stable = draft.new, draft.stable
    wanted = defaults.replicas(draft.rollout)
    if new is not None:
        is_given_up = draft.status.abort and not draft.is_promoted
        if is_given_up and draft.status.blue_green.active_selector != new.hash:
            delay, _ = defaults.abort_scale_down_delay(draft.rollout)
            if new.desired and delay is not None:
                scaling.retire_after(draft, new, delay)
        elif not is_given_up:
            if draft.is_promoted or draft.status.blue_green.active_selector == new.hash or not _is_fast(draft, new):
                scaling.revive(draft, new)
            draft.scale(new, _preview_count(draft, strategy))
    if stable is not None and (new is None or stable.name != new.name):
        scaling.revive(draft, stable)
        draft.scale(stable, wanted)
    for other in draft.others:
        if other.hash == draft.status.blue_green.active_selector:
            draft.scale(other, wanted)
        elif other.desired:
            scaling.retire_after(draft, other, defaults.scale_down_delay(draft.rollout))
    scaling.limit_waiting(draft)
