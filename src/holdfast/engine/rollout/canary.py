"""The next move of a canary: through its steps, one after another, or back."""

from __future__ import annotations

from typing import Final

from holdfast.engine.rollout import (
    analysis,
    counts,
    defaults,
    group,
    replacing,
    routes,
    scaling,
    services,
    step_plugins,
    steps,
)
from holdfast.engine.rollout.actions import SetTraffic, StartExperiment, StopExperiment
from holdfast.engine.rollout.draft import Draft
from holdfast.engine.rollout.promotion import promote
from holdfast.model.canary import CanaryStep, RolloutExperimentStep, RolloutPause

PAUSE: Final = "CanaryPauseStep"
INCONCLUSIVE_EXPERIMENT: Final = "InconclusiveExperiment"


def proceed(draft: Draft) -> None:
    if not draft.status.stable_rs and draft.new is not None:
        promote(draft, "Initial deploy")
    analysis.background(draft)
    if draft.status.abort:
        go_back(draft)
    elif not draft.is_promoted and not draft.rollout.spec.paused:
        _advance(draft)
    if not draft.status.abort and _may_be_promoted(draft):
        _promote(draft)
    if draft.seen.in_place is not None:
        replacing.proceed(draft, draft.seen.in_place)
        return
    route(draft)
    scaling.canary(draft)


def _advance(draft: Draft) -> None:
    if draft.status.promote_full:
        draft.unpause()
        draft.set(current_step_index=steps.count(draft.rollout) or None)
        return
    if draft.is_paused_for(analysis.INCONCLUSIVE):
        return
    step = steps.current(draft.rollout)
    if step is not None and _is_completed(draft, step) and not draft.status.abort:
        if not group.may_pass(draft):
            return
        _next_step(draft, step)
    step = steps.current(draft.rollout)
    if step is not None and step.pause is not None and not draft.status.abort:
        _rest(draft, step.pause)


def _is_completed(draft: Draft, step: CanaryStep) -> bool:
    if step.pause is not None:
        return _has_rested(draft, step.pause)
    if step.analysis is not None:
        return analysis.step_is_passed(draft, step.analysis)
    if step.experiment is not None:
        return _experiment_is_passed(draft, step.experiment)
    if step.set_canary_scale is not None or step.set_weight is not None:
        return _is_reached(draft) and (step.set_weight is None or _is_routed(draft))
    if step.set_header_route is not None or step.set_mirror_route is not None:
        return draft.new is not None and _is_told(draft)
    if step.plugin is not None:
        return draft.new is not None and step_plugins.is_passed(draft, step.plugin)
    return False


def _is_reached(draft: Draft) -> bool:
    if draft.seen.in_place is not None:
        return replacing.is_reached(draft, draft.seen.in_place)
    weights = draft.status.canary.weights
    return counts.are_reached(draft.rollout, weights, draft.new, draft.stable, draft.others)


def _is_routed(draft: Draft) -> bool:
    """The routers have been told the weight of the step, and none says that it has not taken it."""
    return _has_weight(draft, steps.weight(draft.rollout))


def _has_weight(draft: Draft, weight: int) -> bool:
    """Where no pods are wanted there is nothing to send traffic to, and nothing to wait for.

    Where the stable set is gone more is enough, too: nothing can take traffic back from the canary.
    """
    if not defaults.is_routed(draft.rollout) or not defaults.replicas(draft.rollout):
        return True
    weights = draft.status.canary.weights
    return (
        weights is not None
        and weights.verified is not False
        and (weights.canary.weight == weight or (draft.stable is None and weights.canary.weight > weight))
        and weights.canary.pod_template_hash == draft.status.current_pod_hash
    )


def _is_told(draft: Draft) -> bool:
    weights = draft.status.canary.weights
    return weights is not None and weights.canary.pod_template_hash == draft.status.current_pod_hash


def _next_step(draft: Draft, step: CanaryStep) -> None:
    at = (steps.index(draft.rollout) or 0) + 1
    count = steps.count(draft.rollout)
    draft.unpause()
    draft.set(current_step_index=at)
    if step.analysis is not None:
        draft.set_canary(current_step_analysis_run_status=None)
    if step.experiment is not None:
        draft.set_canary(current_experiment="")
    draft.tell("RolloutStepCompleted", f"Rollout step {at}/{count} completed ({steps.describe(step)})")


def _rest(draft: Draft, pause: RolloutPause) -> None:
    if not draft.is_paused_for(PAUSE) and not draft.status.controller_pause:
        draft.pause(PAUSE)
        draft.tell("RolloutPaused", "Rollout is paused (CanaryPauseStep)")
    began, length = draft.paused_since(PAUSE), steps.pause_length(pause)
    if began is not None and length is not None:
        draft.wake(began + length)


def _has_rested(draft: Draft, pause: RolloutPause) -> bool:
    """Its time is over, or a person has taken the pause away."""
    began = draft.paused_since(PAUSE)
    if began is None:
        return draft.status.controller_pause and not draft.status.pause_conditions
    length = steps.pause_length(pause)
    return length is not None and draft.now >= began + length


def _experiment_is_passed(draft: Draft, wanted: RolloutExperimentStep) -> bool:
    named = draft.status.canary.current_experiment
    found = next((one for one in draft.seen.experiments if one.name == named), None)
    if found is None and draft.stable is None and any(one.spec_ref == "stable" for one in wanted.templates):
        return _is_passed_without_stable(draft)
    if found is None:
        _start_experiment(draft, wanted, named)
        return False
    if found.phase in ("Failed", "Error"):
        draft.abort(f"Experiment {found.name} {found.phase.lower()}: {found.message}".rstrip(": "))
    if found.phase == "Inconclusive":
        if draft.status.controller_pause and not draft.status.pause_conditions:
            return True
        draft.pause(INCONCLUSIVE_EXPERIMENT)
    return found.phase == "Successful"


def _start_experiment(draft: Draft, wanted: RolloutExperimentStep, named: str) -> None:
    """Only under a name that was written down before: there is one of it, however often it is made."""
    if draft.new is None:
        return
    at, hash_ = steps.index(draft.rollout) or 0, draft.status.current_pod_hash
    taken = draft.seen.taken_names.union(one.name for one in draft.seen.experiments if one.is_over)
    if named and named not in taken:
        draft.act(StartExperiment(named, wanted, at, hash_, draft.revision))
        return
    base = f"{draft.rollout.metadata.name}-{hash_}-{draft.revision}-{at}"
    draft.set_canary(current_experiment=analysis.free_name(base, taken))


def _is_passed_without_stable(draft: Draft) -> bool:
    """Nothing can be compared with pods that nobody can make any more, and there is nothing to go back to: a person judges."""
    if draft.status.controller_pause and not draft.status.pause_conditions:
        return True
    if not draft.is_paused_for(INCONCLUSIVE_EXPERIMENT):
        draft.pause(INCONCLUSIVE_EXPERIMENT)
        text = f"The experiment needs pods of the stable version {draft.status.stable_rs}, whose ReplicaSet is gone"
        draft.tell("ExperimentImpossible", f"{text}: promote passes the step without it", warning=True)
    return False


def go_back(draft: Draft) -> None:
    """Everything to the stable pods; a retry begins with the first step."""
    draft.unpause()
    if steps.count(draft.rollout):
        draft.set(current_step_index=steps.count(draft.rollout) if draft.is_promoted else 0)
    analysis.stop_all(draft)
    if not draft.is_promoted:
        step_plugins.abort(draft)
    draft.set_canary(current_step_analysis_run_status=None, current_experiment="")
    for one in draft.seen.experiments:
        if not one.is_over:
            draft.act(StopExperiment(one.name))


def _may_be_promoted(draft: Draft) -> bool:
    new, status = draft.new, draft.status
    if draft.is_promoted or new is None or draft.rollout.spec.paused or draft.is_paused_for(analysis.INCONCLUSIVE):
        return False
    # minPodsPerReplicaSet may ask for more pods than there are replicas.
    if not (new.is_observed and min(new.available, new.desired) >= defaults.replicas(draft.rollout)):
        return False
    if not (steps.has_none_left(draft.rollout) or status.promote_full):
        return False
    return _has_weight(draft, defaults.max_weight(draft.rollout))


def _promote(draft: Draft) -> None:
    count = steps.count(draft.rollout)
    is_full = draft.status.promote_full
    if defaults.canary(draft.rollout).ping_pong is not None:
        was_pong = draft.status.canary.stable_ping_pong == routes.PONG
        draft.set_canary(stable_ping_pong=routes.PING if was_pong else routes.PONG)
    promote(draft, "Full promotion requested" if is_full else f"Completed all {count} canary steps")
    analysis.stop_all(draft)


def route(draft: Draft) -> None:
    services.canary(draft)
    if not defaults.is_routed(draft.rollout) or not draft.status.stable_rs:
        return
    traffic = routes.wanted(draft)
    before = draft.status.canary.weights
    after = routes.recorded(traffic, before, draft.seen.has_taken)
    draft.act(SetTraffic(traffic))
    draft.set_canary(weights=after)
    if before is not None and before.canary.weight != after.canary.weight:
        text = f"Traffic weight updated from {before.canary.weight} to {after.canary.weight}"
        draft.tell("TrafficWeightUpdated", text)
    _note_balancers(draft)


def _note_balancers(draft: Draft) -> None:
    """What was known stays where nobody has asked anew."""
    routing = defaults.canary(draft.rollout).traffic_routing
    found = draft.seen.balancers
    if routing is None or routing.alb is None:
        draft.set(alb=None, albs=())
    elif found:
        draft.set(alb=None if routing.alb.ingresses else found[0], albs=found if routing.alb.ingresses else ())
