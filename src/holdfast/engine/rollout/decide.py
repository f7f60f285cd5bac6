"""What to do about a Rollout now: one pure function of everything that is seen of it.

Level-triggered: it never asks what has just happened, so that a controller that ended anywhere goes on from what is
there.
"""

from __future__ import annotations

import msgspec

from holdfast.engine.rollout import (
    analysis,
    blue_green,
    canary,
    conditions,
    configuration,
    defaults,
    group,
    history,
    holding,
    phases,
    pod_metadata,
    release_times,
    replacing,
    replica_sets,
    restarts,
    scaling,
    step_plugins,
    steps,
    template_changes,
    totals,
    validation,
    workload,
)
from holdfast.engine.rollout.actions import AnnotateRollout, ChangeReplicaSet, CreateReplicaSet, SetReplicas
from holdfast.engine.rollout.draft import Decision, Draft, Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.kube import annotations_of


def decide(seen: Seen) -> Decision:
    draft = Draft(seen)
    unreadable = validation.problem(seen.rollout)
    if not unreadable and not seen.problem:
        unreadable = validation.selector_problem(seen.selector, seen.template)
    if unreadable:
        conditions.invalid(draft, unreadable)
        return _finished(draft)
    missing = seen.problem or validation.references_problem(seen.rollout, seen.services, seen.template)
    if missing or seen.unproved:
        return _held(seen, missing)
    if seen.in_place is None:
        if seen.rollout.spec.replicas is None:
            draft.act(SetReplicas(defaults.REPLICAS))
        _recognise(draft)
        if seen.configuration is not None:
            configuration.proceed(draft, seen.configuration)
    else:
        template_changes.follow(draft, seen.in_place.wanted)
        replacing.recognise(draft, seen.in_place)
    _number(draft)
    group.follow_abort(draft)
    draft.date_abort()
    strategy = defaults.blue_green(draft.rollout)
    if strategy is not None:
        blue_green.proceed(draft, strategy)
    else:
        canary.proceed(draft)
    step_plugins.close(draft)
    if seen.in_place is None:
        pod_metadata.proceed(draft)
        scaling.forget_history(draft)
    restarts.proceed(draft)
    workload.scale(draft)
    analysis.stop_outdated(draft)
    analysis.forget_history(draft)
    totals.update(draft)
    conditions.update(draft)
    return _finished(draft)


def _held(seen: Seen, missing: str) -> Decision:
    services = validation.sound_services(seen.rollout, seen.services, seen.template)
    draft = Draft(msgspec.structs.replace(seen, services=services))
    holding.proceed(draft, is_reachable=not missing)
    totals.update(draft)
    conditions.hold(draft, missing or seen.unproved)
    return _finished(draft)


def _recognise(draft: Draft) -> None:
    """Which set has the pods of the template; it is made when there is none."""
    seen = draft.seen
    collisions = seen.rollout.status.collision_count
    wanted = replica_sets.template_hash(seen.template, collisions)
    new = replica_sets.find_new(seen.sets, seen.template, wanted)
    current = new.hash if new is not None else wanted
    history.remember_stable(draft, current)
    template_changes.follow(draft, current)
    revision = draft.revision
    if new is None:
        obj = replica_sets.make(draft.rollout, seen.template, seen.selector, current, revision)
        draft.act(CreateReplicaSet(pod_metadata.marked(draft, obj)))
        draft.tell("NewReplicaSetCreated", f"Created ReplicaSet {obj['metadata']['name']} (revision {revision})")
        return
    if new.revision != revision:
        scaling.renumber(draft, new)
    _carry_annotations(draft, new)
    wanted_seconds = draft.rollout.spec.min_ready_seconds
    if new.min_ready_seconds != wanted_seconds:
        draft.act(ChangeReplicaSet(new.name, min_ready_seconds=wanted_seconds))
        draft.distrust(new)


def _carry_annotations(draft: Draft, new: ReplicaSet) -> None:
    """Those that were set without a release, such as the reason of the one that is there."""
    there, wanted = annotations_of(new.obj), replica_sets.copied_annotations(draft.rollout)
    changed: dict[str, str | None] = {key: value for key, value in wanted.items() if there.get(key) != value}
    if changed:
        draft.act(ChangeReplicaSet(new.name, annotations=changed))


def _number(draft: Draft) -> None:
    revision = draft.revision
    if draft.rollout.metadata.annotations.get(replica_sets.REVISION) != str(revision):
        draft.act(AnnotateRollout({replica_sets.REVISION: str(revision)}))
        draft.tell("RolloutUpdated", f"Rollout updated to revision {revision}")


def _finished(draft: Draft) -> Decision:
    draft.set(observed_generation=str(draft.rollout.metadata.generation))
    draft.set(workload_observed_generation=workload.generation(draft))
    workload.note_generation(draft)
    phase, message = phases.of(draft.rollout)
    draft.set(phase=phase, message=message)
    release_times.note_pauses(draft)
    at = steps.index(draft.rollout)
    if defaults.blue_green(draft.rollout) is None:
        draft.set(current_step_index=at)
    return draft.decision()
