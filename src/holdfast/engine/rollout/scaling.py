"""Brings the ReplicaSets to the counts of the step, and takes old ones down when their time has come."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from holdfast.engine.lang import instants
from holdfast.engine.rollout import counts, defaults, replica_sets, services
from holdfast.engine.rollout.actions import ChangeReplicaSet, DeleteReplicaSet
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.replica_sets import ReplicaSet

# Istio tells its proxies within a second, and within ten where very much changes.
ROUTERS_TAKE: Final = timedelta(seconds=10)


def canary(draft: Draft, *, is_traffic_told: bool = True) -> None:
    """Without `is_traffic_told` the routers still do what they were told last, whatever the step says."""
    if defaults.is_routed(draft.rollout):
        _routed(draft, is_traffic_told=is_traffic_told)
    else:
        _basic(draft)


def _basic(draft: Draft) -> None:
    new, stable, others = draft.new, draft.stable, [one for one in draft.others if one.desired]
    goal = counts.basic(draft.rollout, new, stable, others)
    if new is not None:
        revive(draft, new)
        draft.scale(new, goal.canary)
    if stable is not None and stable is not new and stable.name != (new.name if new else ""):
        revive(draft, stable)
        draft.scale(stable, goal.stable)
    left = counts.older(draft.rollout, new, stable, others)
    for other in others:
        draft.scale(other, left[other.name])


def _routed(draft: Draft, *, is_traffic_told: bool) -> None:
    new, stable = draft.new, draft.stable
    weights = draft.rollout.status.canary.weights
    goal = counts.routed(draft.rollout, draft.seen.rollout.status.canary.weights or weights, new, stable)
    if draft.is_promoted:
        goal = counts.Counts(defaults.replicas(draft.rollout), defaults.replicas(draft.rollout))
    if new is not None:
        if draft.status.abort and not draft.is_promoted:
            _after_abort(draft, new, goal.canary)
        else:
            revive(draft, new)
            draft.scale(new, goal.canary if is_traffic_told else max(goal.canary, _needed(draft, new)))
    if stable is not None and stable.hash != draft.status.current_pod_hash:
        _follow(draft, stable, goal.stable)
    for other in draft.others:
        if other.desired:
            _retire(draft, other, is_old_stable=draft.is_promoted)
    limit_waiting(draft)


def _follow(draft: Draft, stable: ReplicaSet, goal: int) -> None:
    """With dynamicStableScale pods go a while after their traffic: routers send to them until they have taken over the weight."""
    before, after = draft.seen.rollout.status.canary.weights, draft.status.canary.weights
    follows = defaults.canary(draft.rollout).dynamic_stable_scale
    shrinks = follows and goal < stable.desired and before is not None and after is not None
    if not shrinks or _is_taken_over(draft, stable):
        revive(draft, stable)
        draft.scale(stable, goal)


def _is_taken_over(draft: Draft, one: ReplicaSet) -> bool:
    """The routers have had the time to do without pods of the set, since the weight last changed."""
    before, after = draft.seen.rollout.status.canary.weights, draft.status.canary.weights
    has_changed = before is None or after is None or before.canary.weight != after.canary.weight
    if has_changed or not one.deadline:
        draft.set_deadline(one, draft.now + ROUTERS_TAKE)
        return False
    return is_over(draft, one.deadline)


def is_over(draft: Draft, deadline: str) -> bool:
    """A deadline that cannot be read is. One that is not wakes us."""
    at = instants.parse(deadline)
    if at is None or draft.now >= at:
        return True
    draft.wake(at)
    return False


def _needed(draft: Draft, one: ReplicaSet) -> int:
    """How many of its pods the traffic needs that the routers were told to send it; never more than it has."""
    weights = draft.status.canary.weights
    if weights is None or one.hash != weights.canary.pod_template_hash:
        return 0
    return min(one.desired, counts.for_weight(draft.rollout, weights.canary.weight))


def revive(draft: Draft, one: ReplicaSet) -> None:
    if one.deadline:
        draft.set_deadline(one, None)


def _after_abort(draft: Draft, new: ReplicaSet, goal: int) -> None:
    """The pods stay while traffic may still reach them, and for as long as was asked after that.

    With dynamicStableScale some go before, as the stable ones take over from them: a while after each part of the weight.
    """
    if services.is_stable_target(draft, new):
        return
    before, after = draft.seen.rollout.status.canary.weights, draft.status.canary.weights
    if before is not None and before.canary.weight > 0:
        if after is not None and defaults.canary(draft.rollout).dynamic_stable_scale:
            _shrink(draft, new, goal, has_traffic=after.canary.weight > 0)
        return
    delay, _ = defaults.abort_scale_down_delay(draft.rollout)
    if new.desired and delay is not None:
        retire_after(draft, new, delay)


def _shrink(draft: Draft, new: ReplicaSet, goal: int, *, has_traffic: bool) -> None:
    if not has_traffic:
        # From here on it is abortScaleDownDelaySeconds that counts.
        revive(draft, new)
    elif goal < new.desired and _is_taken_over(draft, new):
        revive(draft, new)
        draft.scale(new, goal)


def _retire(draft: Draft, other: ReplicaSet, *, is_old_stable: bool) -> None:
    if services.is_stable_target(draft, other):
        return
    if is_old_stable or other.deadline:
        retire_after(draft, other, defaults.scale_down_delay(draft.rollout))
        return
    if _has_traffic(draft, other):
        return
    # Without the stable set these may be the last pods that serve, or those that the traffic has only just left.
    retire_after(draft, other, timedelta(0) if draft.stable is not None else defaults.scale_down_delay(draft.rollout))


def retire_after(draft: Draft, one: ReplicaSet, delay: timedelta) -> None:
    """Gives the set a deadline, and scales it down once that has passed. A deadline that cannot be read has."""
    if one.deadline:
        if is_over(draft, one.deadline):
            draft.scale(one, 0)
    elif delay > timedelta(0):
        draft.set_deadline(one, draft.now + delay)
    else:
        draft.scale(one, 0)


def limit_waiting(draft: Draft) -> None:
    """scaleDownDelayRevisionLimit: no more old sets than this wait for their deadline."""
    limit = defaults.scale_down_delay_revisions(draft.rollout)
    if limit is None:
        return
    # One whose time has come goes by this very decision.
    going = {action.name for action in draft.actions if isinstance(action, ChangeReplicaSet) and action.replicas == 0}
    waiting = [one for one in draft.others if one.desired and one.deadline and not _serves(draft, one)]
    waiting = [one for one in waiting if one.name not in going]
    for one in waiting[limit:]:
        draft.scale(one, 0)


def _serves(draft: Draft, one: ReplicaSet) -> bool:
    is_active = bool(one.hash) and one.hash == draft.status.blue_green.active_selector
    return is_active or services.is_stable_target(draft, one) or _has_traffic(draft, one)


def _has_traffic(draft: Draft, one: ReplicaSet) -> bool:
    """The routers were told last to send it some."""
    weights = draft.seen.rollout.status.canary.weights
    return weights is not None and weights.canary.weight > 0 and weights.canary.pod_template_hash == one.hash


def forget_history(draft: Draft) -> None:
    """Old sets without pods beyond revisionHistoryLimit go, the oldest first."""
    old = [one for one in draft.others if not (one.desired or one.current)]
    for one in old[defaults.revision_history(draft.rollout) :]:
        draft.act(DeleteReplicaSet(one.name))


def renumber(draft: Draft, new: ReplicaSet) -> None:
    """A revision that comes back is the newest again; the number that it had goes into its history."""
    annotations: dict[str, str | None] = {replica_sets.REVISION: str(draft.revision)}
    history = (new.obj.get("metadata") or {}).get("annotations", {}).get(replica_sets.REVISION_HISTORY, "")
    if new.revision:
        annotations[replica_sets.REVISION_HISTORY] = f"{history},{new.revision}".lstrip(",")
    draft.act(ChangeReplicaSet(new.name, annotations=annotations))
