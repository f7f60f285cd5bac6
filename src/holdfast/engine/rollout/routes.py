"""Which share of the traffic and which special routes a canary has now."""

from __future__ import annotations

import math
from fractions import Fraction

import msgspec

from holdfast.engine.rollout import counts, defaults, replica_sets, steps
from holdfast.engine.rollout.draft import Draft
from holdfast.model.rollout import Rollout, TrafficWeights, WeightDestination
from holdfast.model.traffic import SetHeaderRoute, SetMirrorRoute
from holdfast.model.wanted_traffic import WantedTraffic

PING = "ping"
PONG = "pong"


def services(rollout: Rollout) -> tuple[str, str]:
    """The service of the canary and that of the stable pods: with pingPong they change places at every promotion."""
    strategy = defaults.canary(rollout)
    if strategy.ping_pong is None:
        return strategy.canary_service, strategy.stable_service
    ping, pong = strategy.ping_pong.ping_service, strategy.ping_pong.pong_service
    return (ping, pong) if rollout.status.canary.stable_ping_pong == PONG else (pong, ping)


def target(draft: Draft) -> str:
    """The hash of the pods that the canary's traffic goes to: those of an earlier, unfinished update as long as some
    traffic does."""
    recorded = draft.status.canary.weights
    current = draft.status.current_pod_hash
    if recorded is None or counts.goes_to_current(draft.rollout, recorded) or _takes_over(draft, recorded):
        return current
    earlier = replica_sets.by_hash(draft.seen.sets, recorded.canary.pod_template_hash)
    return (
        earlier.hash
        if earlier is not None and earlier.available and earlier.hash != draft.status.stable_rs
        else current
    )


def _takes_over(draft: Draft, recorded: TrafficWeights) -> bool:
    """Where somebody has deleted the stable set, the traffic of an earlier update can never go back to it first: the new
    pods take it at once, as soon as they can carry it all."""
    if draft.stable is not None or draft.new is None or draft.status.abort:
        return False
    needed = counts.for_weight(draft.rollout, recorded.canary.weight)
    return bool(draft.new.available) and min(draft.new.available, draft.new.desired) >= needed


def weight(draft: Draft) -> int:
    """Never more than what the pods of the canary can carry, and never less than what the stable ones cannot."""
    if draft.is_promoted or not draft.status.stable_rs:
        return 0
    goal = _goal(draft)
    recorded = draft.status.canary.weights
    is_whole = draft.stable is not None and not defaults.canary(draft.rollout).dynamic_stable_scale
    if is_whole or recorded is None:
        return goal
    carried = _worth(draft.rollout, draft.stable.available if draft.stable is not None else 0)
    return max(goal, min(recorded.canary.weight, defaults.max_weight(draft.rollout) - carried))


def _goal(draft: Draft) -> int:
    rollout, status, new = draft.rollout, draft.status, draft.new
    if status.abort or new is None or not new.available or target(draft) != status.current_pod_hash:
        return 0
    if status.promote_full or counts.is_alone(rollout, new, draft.stable):
        return _worth(rollout, new.available)
    # Whatever step it is, a set that has lost its pods keeps no more than the pods that it has are worth.
    return min(_weight_of_step(draft), _carried(draft, new.available))


def _worth(rollout: Rollout, available: int) -> int:
    """The weight of so many pods, each with the share of one of all replicas."""
    most, wanted = defaults.max_weight(rollout), defaults.replicas(rollout)
    return min(most, most * available // wanted) if wanted else most


def _weight_of_step(draft: Draft) -> int:
    rollout = draft.rollout
    goal = steps.weight(rollout)
    recorded = rollout.status.canary.weights
    if _is_ready(draft):
        return goal
    at = steps.index(rollout)
    before = steps.weight_before(rollout, at) if at is not None else (recorded.canary.weight if recorded else 0)
    if recorded is not None and recorded.canary.pod_template_hash == rollout.status.current_pod_hash:
        # Pods that come and go must not throw the traffic back to an earlier step.
        return min(max(before, recorded.canary.weight), goal)
    return min(before, goal)


def _is_ready(draft: Draft) -> bool:
    rollout = draft.rollout
    return counts.are_reached(rollout, rollout.status.canary.weights, draft.new, draft.stable, draft.others)


def _carried(draft: Draft, available: int) -> int:
    """What so many pods of the canary can carry: each the share of one of all replicas.

    setCanaryScale may ask for fewer pods than the share of the traffic on purpose; then each is meant to carry more.
    """
    most, wanted = defaults.max_weight(draft.rollout), defaults.replicas(draft.rollout)
    goal = _asked_for(draft, draft.rollout)
    if available >= goal or not wanted:
        return most
    share = max(Fraction(most, wanted), Fraction(steps.weight(draft.rollout), _meant(draft, goal)))
    return math.ceil(share * available)


def _meant(draft: Draft, goal: int) -> int:
    """While a step asks for more pods only, those of the step before go on to carry what they carried."""
    at, step = steps.index(draft.rollout), steps.current(draft.rollout)
    if not at or step is None or step.set_canary_scale is None:
        return goal
    status = msgspec.structs.replace(draft.status, current_step_index=at - 1)
    return min(goal, _asked_for(draft, msgspec.structs.replace(draft.rollout, status=status)) or goal)


def _asked_for(draft: Draft, rollout: Rollout) -> int:
    return counts.routed(rollout, rollout.status.canary.weights, draft.new, draft.stable).canary


def _of_experiment(draft: Draft, left: int) -> tuple[WeightDestination, ...]:
    """The shares of the step's Experiment, once all its pods serve and as long as it runs: never more than is left."""
    step = steps.current(draft.rollout)
    named = draft.status.canary.current_experiment
    found = next((one for one in draft.seen.experiments if one.name == named and one.phase == "Running"), None)
    if step is None or step.experiment is None or found is None or draft.status.abort or draft.status.promote_full:
        return ()
    asked = [one for one in step.experiment.templates if one.weight]
    if not all(one.name in found.serving for one in asked) or sum(one.weight or 0 for one in asked) > left:
        return ()
    return tuple(msgspec.structs.replace(found.serving[one.name], weight=one.weight) for one in asked)


def wanted(draft: Draft) -> WantedTraffic:
    rollout = draft.rollout
    canary, stable = services(rollout)
    routing = defaults.canary(rollout).traffic_routing
    share, most = weight(draft), defaults.max_weight(rollout)
    headers, mirrors = special(rollout) if not (draft.is_promoted or draft.status.abort) else ((), ())
    return WantedTraffic(
        canary=canary,
        stable=stable,
        weight=share,
        most=most,
        additional=_of_experiment(draft, most - share),
        canary_hash=target(draft),
        stable_hash=draft.status.stable_rs,
        headers=headers,
        mirrors=mirrors,
        managed=tuple(route.name for route in routing.managed_routes) if routing is not None else (),
    )


def special(rollout: Rollout) -> tuple[tuple[SetHeaderRoute, ...], tuple[SetMirrorRoute, ...]]:
    """What the steps so far have set and not taken away again. Nothing on the first deployment."""
    at = steps.index(rollout)
    headers: dict[str, SetHeaderRoute] = {}
    mirrors: dict[str, SetMirrorRoute] = {}
    if at is None or not rollout.status.stable_rs:
        return (), ()
    for step in defaults.canary(rollout).steps[: at + 1]:
        if step.set_header_route is not None:
            headers.pop(step.set_header_route.name, None)
            if step.set_header_route.match:
                headers[step.set_header_route.name] = step.set_header_route
        if step.set_mirror_route is not None:
            mirrors.pop(step.set_mirror_route.name, None)
            if step.set_mirror_route.match:
                mirrors[step.set_mirror_route.name] = step.set_mirror_route
    return tuple(headers.values()), tuple(mirrors.values())


def recorded(
    traffic: WantedTraffic, before: TrafficWeights | None = None, has_taken: bool | None = None
) -> TrafficWeights:
    """As status tells it, once the routers have been told.

    What they say (`has_taken`) is about what they were told `before`: of something new they have said nothing yet.
    """
    told = TrafficWeights(
        canary=WeightDestination(
            weight=traffic.weight, service_name=traffic.canary, pod_template_hash=traffic.canary_hash
        ),
        stable=WeightDestination(
            weight=traffic.stable_weight, service_name=traffic.stable, pod_template_hash=traffic.stable_hash
        ),
        additional=traffic.additional,
    )
    if has_taken is None:
        return told
    is_known = before is not None and msgspec.structs.replace(before, verified=None) == told
    return msgspec.structs.replace(told, verified=has_taken and is_known)
