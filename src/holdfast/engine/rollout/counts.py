"""How many replicas the canary and the stable set shall have."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction

from msgspec import Struct

from holdfast.engine.rollout import amounts, defaults, steps
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.canary import ReplicaProgressThreshold
from holdfast.model.rollout import Rollout, TrafficWeights


class Counts(Struct, frozen=True):
    canary: int
    stable: int


def basic(
    rollout: Rollout, canary: ReplicaSet | None, stable: ReplicaSet | None, others: Sequence[ReplicaSet] = ()
) -> Counts:
    """Without a router the share of the replicas is the share of the traffic.

    One move towards the goal: up as far as maxSurge, down as far as maxUnavailable lets it.
    """
    wanted = defaults.replicas(rollout)
    if stable is None or (canary is not None and canary.name == stable.name):
        return _alone(rollout, canary, others)
    goal = basic_goal(rollout)
    now = Counts(canary.desired if canary else 0, stable.desired)
    grown = _grow(now, goal, wanted + defaults.max_surge(rollout) - sum(other.desired for other in others), canary)
    spare = _Spare(rollout, [one for one in (canary, stable, *others) if one is not None])
    for other in others:
        spare.take(other, other.desired)
    # What is too much goes from the canary first, as it is the one in doubt.
    canary_down = spare.take(canary, now.canary - goal.canary) if canary is not None else 0
    return Counts(grown.canary - canary_down, grown.stable - spare.take(stable, now.stable - goal.stable))


def _alone(rollout: Rollout, canary: ReplicaSet | None, others: Sequence[ReplicaSet]) -> Counts:
    """All pods are to be of the one set: at first, on the way back to the stable one, and when somebody has deleted
    that. Those of other updates leave the room for them little by little."""
    wanted, now = defaults.replicas(rollout), canary.desired if canary is not None else 0
    room = wanted + defaults.max_surge(rollout) - sum(other.desired for other in others)
    return Counts(max(min(wanted, room), min(now, wanted)), 0)


def older(
    rollout: Rollout, canary: ReplicaSet | None, stable: ReplicaSet | None, others: Sequence[ReplicaSet]
) -> dict[str, int]:
    """Counts of the sets of earlier, unfinished updates: they go before anything else does."""
    serving = {one.name: one for one in (canary, stable, *others) if one is not None}
    spare = _Spare(rollout, serving.values())
    return {other.name: other.desired - spare.take(other, other.desired) for other in others}


def basic_goal(rollout: Rollout) -> Counts:
    _, weight = steps.replicas_or_weight(rollout)
    most = defaults.max_weight(rollout)
    return approximate(defaults.replicas(rollout), weight, most, defaults.max_surge(rollout))


class _Spare:
    """How many pods may go without leaving fewer than promised.

    Pods that a spec does not ask for any more are about to go and do not count. Of a set that shrinks, those that are
    not ready are the first that its controller takes away: they cost nothing. Those that are ready and not yet
    available (minReadySeconds) serve already: they are neither spare nor counted upon.
    """

    def __init__(self, rollout: Rollout, sets: Iterable[ReplicaSet]) -> None:
        serving = sum(min(one.desired, one.available) for one in sets)
        self._left = max(serving - defaults.promised(rollout), 0)

    def take(self, one: ReplicaSet, wanted: int) -> int:
        free = max(one.desired - max(one.ready, one.available), 0)
        taken = min(max(wanted, 0), free + self._left)
        self._left -= max(taken - free, 0)
        return taken


def _grow(now: Counts, goal: Counts, most: int, canary: ReplicaSet | None) -> Counts:
    room = most - now.canary - now.stable
    up = min(max(goal.canary - now.canary, 0), max(room, 0)) if canary is not None else 0
    stable_up = min(max(goal.stable - now.stable, 0), max(room - up, 0))
    return Counts(now.canary + up, now.stable + stable_up)


def approximate(replicas: int, weight: int, max_weight: int, max_surge: int) -> Counts:
    """The counts that come nearest to the share, with one replica more where maxSurge allows it.

    A share strictly between nothing and everything gets one replica of each, if there are two to give.
    """
    if not replicas:
        return Counts(0, 0)
    either_may_be_empty = weight in (0, max_weight) or (replicas == 1 and max_surge == 0)
    options: list[tuple[int, int]] = []
    for total in (replicas, replicas + 1) if max_surge > 0 else (replicas,):
        up, down = amounts.share(total, weight, max_weight), total * weight // max_weight
        if up < total or either_may_be_empty:
            options.append((up, total))
        if down != up and (down or either_may_be_empty):
            options.append((down, total))
    if not options:
        up = amounts.share(replicas, weight, max_weight)
        return Counts(up, replicas - up)
    canary, total = min(options, key=lambda option: _distance(weight, max_weight, *option))
    return Counts(canary, total - canary)


def _distance(weight: int, max_weight: int, canary: int, total: int) -> Fraction:
    """Exact: of two that are as near, the first one counts."""
    return abs(Fraction(weight, max_weight) - Fraction(canary, total))


def routed(
    rollout: Rollout,
    weights: TrafficWeights | None,
    canary: ReplicaSet | None = None,
    stable: ReplicaSet | None = None,
) -> Counts:
    """With a router the stable set stays whole, unless dynamicStableScale lets it follow the traffic.

    Where somebody has deleted the stable set the canary gets all pods, as it does without a router: it is all that serves.
    """
    wanted = defaults.replicas(rollout)
    most = defaults.max_weight(rollout)
    fixed, weight = steps.replicas_or_weight(rollout)
    count = fixed if fixed is not None else _at_least(rollout, for_weight(rollout, weight))
    if is_alone(rollout, canary, stable):
        return Counts(max(count, wanted), wanted)
    is_whole = stable is not None and not defaults.canary(rollout).dynamic_stable_scale
    if is_whole or weights is None:
        return Counts(count, wanted)
    if not _is_meant_for_fewer(rollout, weights):
        count = max(count, _at_least(rollout, for_weight(rollout, weights.canary.weight)))
    if not rollout.status.abort:
        # Where the weight is to fall, the stable pods must be there before it does.
        falls_to = steps.weight(rollout) if goes_to_current(rollout, weights) else 0
        return Counts(count, amounts.share(wanted, max(weights.stable.weight, most - falls_to), most))
    lower = next_lower_weight(rollout, weights.canary.weight) if canary and stable else 0
    return Counts(count, amounts.share(wanted, most - lower, most))


def _is_meant_for_fewer(rollout: Rollout, weights: TrafficWeights) -> bool:
    """setCanaryScale says how many pods carry the weight of the step; what the routers were told is no more than that."""
    is_asked = not rollout.status.promote_full and steps.canary_scale(rollout) is not None
    return is_asked and goes_to_current(rollout, weights) and weights.canary.weight <= steps.weight(rollout)


def for_weight(rollout: Rollout, weight: int) -> int:
    """How many pods that share of the traffic needs, each carrying the share of one of all replicas."""
    return amounts.share(defaults.replicas(rollout), weight, defaults.max_weight(rollout))


def is_alone(rollout: Rollout, canary: ReplicaSet | None, stable: ReplicaSet | None) -> bool:
    """The stable set is gone in the middle of a release, and nobody has said that the canary must not serve."""
    return stable is None and canary is not None and bool(rollout.status.stable_rs) and not rollout.status.abort


def goes_to_current(rollout: Rollout, weights: TrafficWeights) -> bool:
    """The canary's traffic does not go to the pods of an earlier, unfinished update any more."""
    target = weights.canary.pod_template_hash
    return not target or target == rollout.status.current_pod_hash or not weights.canary.weight


def next_lower_weight(rollout: Rollout, weight: int) -> int:
    """The way back after an abort goes down the same stairs, so that not everything is started at once."""
    said = [step.set_weight for step in defaults.canary(rollout).steps if step.set_weight is not None]
    return max((lower for lower in said if lower < weight), default=0)


def _at_least(rollout: Rollout, count: int) -> int:
    floor = defaults.canary(rollout).min_pods_per_replica_set or 0
    return max(count, floor) if count and defaults.is_routed(rollout) else count


def of(
    rollout: Rollout,
    weights: TrafficWeights | None,
    canary: ReplicaSet | None,
    stable: ReplicaSet | None,
    others: Sequence[ReplicaSet] = (),
) -> Counts:
    if defaults.is_routed(rollout):
        return routed(rollout, weights, canary, stable)
    return basic(rollout, canary, stable, others)


def are_reached(
    rollout: Rollout,
    weights: TrafficWeights | None,
    canary: ReplicaSet | None,
    stable: ReplicaSet | None,
    others: Sequence[ReplicaSet] = (),
) -> bool:
    """The replicas are as the step asks, those of the canary serve, and nothing older is left to share the traffic."""
    goal = of(rollout, weights, canary, stable, others)
    if not defaults.is_routed(rollout) and stable is not None and canary is not None and stable.name != canary.name:
        goal = basic_goal(rollout)
    if canary is None or not canary.is_observed or goal.canary != canary.desired:
        return False
    if not threshold_is_met(defaults.canary(rollout).replica_progress_threshold, canary, goal.canary):
        return False
    routing = defaults.is_routed(rollout)
    if stable is not None and stable.name != canary.name:
        follows = routing and defaults.canary(rollout).dynamic_stable_scale
        if not follows and not stable.desired == stable.current == goal.stable:
            return False
    return routing or not any(other.available for other in others)


def threshold_is_met(threshold: ReplicaProgressThreshold | None, canary: ReplicaSet | None, desired: int) -> bool:
    """Without a threshold all of them must serve."""
    if canary is None:
        return False
    if threshold is None or threshold.value < 0:
        return canary.desired == canary.available == desired
    if threshold.type == "Pods":
        return canary.available >= min(threshold.value, desired)
    return canary.available >= amounts.share(desired, threshold.value, 100)
