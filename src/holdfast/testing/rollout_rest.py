"""What a simulation's Rollouts must be like once nothing happens any more."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.engine.rollout import defaults, step_plugins, steps
from holdfast.engine.rollout.pod_templates import comparable, of_set
from holdfast.testing import rollout_groups, rollout_in_place_rest
from holdfast.testing.rollout_invariants import phase_of
from holdfast.testing.rollout_plans import BASIC, BLUE_GREEN, DEPLOYMENT, DOUBTFUL, IN_PLACE, SLOW, STUCK, RolloutPlan
from holdfast.testing.rollout_watching import SeenRollout, Watching, desired, hash_of, weights


def unsettled(watching: Watching, plan: RolloutPlan) -> Iterator[str]:
    """What is not as it must be at rest, whatever the people have done: sentences, none when all is well."""
    seen = watching.rollouts.get(plan.name)
    if seen is None:
        yield f"there is no Rollout {plan.name}"
        return
    found = (*_held(watching, seen, plan), *_phase(watching, seen, plan), *_plugins(seen))
    for problem in (*found, *_lent(watching, seen, plan), *rollout_groups.split(watching, seen)):
        yield f"{plan.name}: {problem}"


def _held(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> Iterator[str]:
    """Pods and traffic."""
    lender = watching.lender(seen)
    if plan.style != IN_PLACE:
        yield from _counts(watching, seen)
        yield from _is_current(watching, seen)
        yield from _traffic(watching, seen, plan)
    elif lender is None:
        yield f"there is no {plan.workload} {plan.name}"
    else:
        yield from rollout_in_place_rest.counts(watching, seen, lender)
        yield from rollout_in_place_rest.pods(watching, seen, lender)


def _lent(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> Iterator[str]:
    """A workload was seen as it is, and has given up what it was asked to."""
    lender = watching.lender(seen)
    if lender is None:
        return
    generation = str(lender["metadata"]["generation"])
    if seen.rollout.status.workload_observed_generation != generation:
        yield f"generation {generation} of its workload was not seen"
    is_given_up = plan.scale_down in ("onsuccess", "progressively") and phase_of(seen.rollout) == "Healthy"
    if plan.workload == DEPLOYMENT and is_given_up and desired(lender):
        yield f"its workload still asks for {desired(lender)} pods"


def _plugins(seen: SeenRollout) -> Iterator[str]:
    """What a step plugin has begun is ended."""
    for one in seen.rollout.status.canary.step_plugin_statuses:
        if one.operation in step_plugins.CLOSING and not one.finished_at:
            yield f"the {one.operation} of step plugin {one.name} (step {one.index}) has not ended"


def unfinished(watching: Watching, plan: RolloutPlan) -> Iterator[str]:
    """As `unsettled`, and the newest template is the one that serves."""
    yield from unsettled(watching, plan)
    seen = watching.rollouts.get(plan.name)
    if seen is not None and phase_of(seen.rollout) != "Healthy":
        yield f"{plan.name}: it is {phase_of(seen.rollout) or 'not looked at'}: {seen.rollout.status.message}"


def _counts(watching: Watching, seen: SeenRollout) -> Iterator[str]:
    """Status tells the counts of the pods that are there."""
    status, sets = seen.rollout.status, watching.owned(seen)
    if status.observed_generation != str(seen.rollout.metadata.generation):
        yield f"generation {seen.rollout.metadata.generation} was not seen"
    active = [pod for pod in watching.pods_of(sets) if pod.is_active]
    ready = [pod for pod in active if pod.is_ready]
    updated = [pod for pod in active if pod.hash == status.current_pod_hash]
    told = (status.replicas, status.updated_replicas, status.ready_replicas)
    there = (len(active), len(updated), len(ready))
    if told != there:
        yield f"status tells of {told} pods, there are {there} (all, updated, ready)"
    serving = ready
    if defaults.blue_green(seen.rollout) is not None and status.blue_green.active_selector:
        serving = [pod for pod in ready if pod.hash == status.blue_green.active_selector]
    if status.available_replicas != len(serving):
        yield f"status tells of {status.available_replicas} available pods, there are {len(serving)}"
    if len(active) != sum(desired(one) for one in sets):
        yield f"{len(active)} pods are there of {sum(desired(one) for one in sets)}"


def _is_current(watching: Watching, seen: SeenRollout) -> Iterator[str]:
    current, template = seen.rollout.status.current_pod_hash, comparable(watching.template(seen))
    of_template = [hash_of(one) for one in watching.owned(seen) if comparable(of_set(one)) == template]
    if of_template != [current]:
        yield f"the set of its template is {of_template}, status says {current}"
    wanted = seen.rollout.spec.min_ready_seconds
    for one in watching.owned(seen):
        counted = int(one["spec"].get("minReadySeconds") or 0)
        if hash_of(one) == current and counted != wanted:
            yield f"pods of {current} must be ready for {counted} s, not {wanted} s"


def _phase(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> Iterator[str]:
    """The phase is one that the history explains."""
    rollout, status = seen.rollout, seen.rollout.status
    current, mood = status.current_pod_hash, watching.mood_of_template(seen)
    is_promoted = status.stable_rs == current
    if current in seen.aborted and not (status.abort or is_promoted):
        yield "a person has aborted it and it goes on"
    match phase_of(rollout):
        case "Healthy":
            if not is_promoted:
                yield f"it is Healthy and {status.stable_rs} is stable, not {current}"
        case "Paused":
            yield from _pause(watching, seen, plan)
        case "Degraded" if status.abort and not is_promoted:
            runs = [run for run in watching.runs.values() if hash_of(run) == current]
            is_refused = any((run.get("status") or {}).get("phase") in ("Failed", "Error") for run in runs)
            is_refused |= any(one.phase == "Failed" for one in status.canary.step_plugin_statuses)
            is_late = rollout.spec.progress_deadline_abort and mood in (STUCK, SLOW)
            if not (current in seen.aborted or is_refused or is_late or seen.asked or plan.group):
                yield "it was aborted and nobody has asked for it"
        case "Degraded" if STUCK in {mood, watching.mood(status.stable_rs)}:
            return
        case "Progressing" if _waits_for_its_group(watching, seen, plan):
            return
        case phase:
            yield f"it is {phase or 'not looked at'}: {status.message}"


def _waits_for_its_group(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> bool:
    """It has completed its step, and another member is not as far."""
    at = steps.index(seen.rollout) or 0
    mark = f"{seen.rollout.status.current_pod_hash}.{at}"
    if not plan.group or seen.rollout.metadata.annotations.get(rollout_groups.COMPLETED) != mark:
        return False
    others = [one.rollout for one in watching.rollouts.values() if one is not seen]
    return any((steps.index(one) or 0) < steps.count(one) and not one.status.abort for one in others)


def _pause(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> Iterator[str]:
    rollout = seen.rollout
    reasons = {condition.reason for condition in rollout.status.pause_conditions}
    step = steps.current(rollout)
    if rollout.spec.paused:
        return
    pause = step.pause if step is not None and "CanaryPauseStep" in reasons else None
    if pause is not None and (pause.duration is None or _waits_for_its_group(watching, seen, plan)):
        return
    if "BlueGreenPause" in reasons and plan.strategy["blueGreen"].get("autoPromotionEnabled") is False:
        return
    moods = {watching.mood_of_template(seen), watching.mood(rollout.status.current_pod_hash)}
    if reasons & {"InconclusiveAnalysisRun", "InconclusiveExperiment"} and DOUBTFUL in moods:
        return
    yield f"it is paused for {sorted(reasons)} at {step}"


def _traffic(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> Iterator[str]:
    """Services and weights are those of the phase, and so are the counts, unless only pods that ought to go still serve."""
    rollout, status = seen.rollout, seen.rollout.status
    is_resting = status.abort or status.stable_rs == status.current_pod_hash
    wanted = defaults.replicas(rollout)
    stable = next((one for one in watching.owned(seen) if hash_of(one) == status.stable_rs), None)
    if stable is None and (seen.lost_sets or not status.stable_rs):
        return
    # An abort goes back whatever is paused.
    is_held = _is_held(watching, seen, plan) or (rollout.spec.paused and not status.abort)
    if is_resting and not is_held and (stable is None or desired(stable) != wanted):
        yield f"the stable set asks for {stable and desired(stable)} pods, not {wanted}"
    kept = (status.stable_rs, _stand_in(watching, seen, plan))
    others = [one for one in watching.owned(seen) if hash_of(one) not in kept and desired(one)]
    keeps = next(iter(plan.strategy.values())).get("abortScaleDownDelaySeconds") == 0
    if others and is_resting and not is_held and not (status.abort and keeps):
        yield f"{[hash_of(one) for one in others]} still ask for pods"
    if plan.style == BLUE_GREEN:
        active = watching.services.get(f"{plan.name}-active")
        if is_resting and active != status.stable_rs and not (is_held or STUCK in _moods(watching, seen)):
            yield f"the active service selects {active}, not {status.stable_rs}"
    if plan.is_routed:
        yield from _weights(watching, seen, plan, is_resting=is_resting)


def _weights(watching: Watching, seen: SeenRollout, plan: RolloutPlan, *, is_resting: bool) -> Iterator[str]:
    status = seen.rollout.status
    if watching.services.get(f"{plan.name}-stable") not in (status.stable_rs, _stand_in(watching, seen, plan)):
        yield f"the stable service selects {watching.services.get(f'{plan.name}-stable')}, not {status.stable_rs}"
    live = watching.virtual_services[plan.name]
    told = status.canary.weights
    share = weights(live).get(f"{plan.name}-canary", 0)
    if told is None or share != told.canary.weight:
        yield f"the canary gets {share}, status tells of {told and told.canary.weight}"
    elsewhere = sum(weights(live).values()) - weights(live).get(f"{plan.name}-stable", 0)
    if is_resting and elsewhere:
        yield f"{elsewhere} of the traffic does not go to the stable pods though no update is under way"
    serving = sum(
        pod.serves
        for pod in watching.pods_of(watching.owned(seen))
        if pod.hash == watching.services.get(f"{plan.name}-canary")
    )
    if share and not serving and defaults.replicas(seen.rollout):
        yield f"the canary gets {share} and has no pods that serve"


def _is_held(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> bool:
    """Without a router: the stable pods never serve, and of others there are no more than are promised to serve."""
    if plan.style != BASIC or watching.mood(seen.rollout.status.stable_rs) != STUCK:
        return False
    serving = sum(watching.serving(one) for one in watching.owned(seen))
    return 0 < serving <= defaults.promised(seen.rollout)


def _stand_in(watching: Watching, seen: SeenRollout, plan: RolloutPlan) -> str:
    """The hash that the stable service may go on selecting, as the stable set has fewer pods that serve, and too few."""
    selected = watching.services.get(f"{plan.name}-stable", "") if plan.is_routed else ""
    serving = {hash_of(one): watching.serving(one) for one in watching.owned(seen)}
    stable = serving.get(seen.rollout.status.stable_rs, 0)
    promised = defaults.promised(seen.rollout)
    return selected if stable < min(serving.get(selected, 0), promised) else ""


def _moods(watching: Watching, seen: SeenRollout) -> set[str]:
    return {watching.mood(hash_of(one)) for one in watching.owned(seen)}
