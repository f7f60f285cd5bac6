"""Brings one Experiment one move further: observe, decide, act, and write the status to the state that was read."""

from __future__ import annotations

from typing import Any, assert_never

import msgspec

from holdfast.controllers.experiment.observe import observe
from holdfast.controllers.rollout.world import (
    ANALYSIS_RUN,
    EXPERIMENT,
    REPLICA_SET,
    SERVICE,
    World,
)
from holdfast.engine.kube import merge_patch
from holdfast.engine.lang import instants
from holdfast.engine.rollout.actions import ChangeReplicaSet
from holdfast.engine.rollout.experiment.decide import decide
from holdfast.engine.rollout.experiment.draft import Action, EndRun, Make, RemoveService
from holdfast.engine.status.encode import encode
from holdfast.model.errors import Blocked, NotFound
from holdfast.model.experiment import Experiment
from holdfast.model.keys import NamespacedName
from holdfast.model.kube import group_kind_of
from holdfast.runtime.outcome import Again, Outcome, Settled


async def reconcile(world: World, key: NamespacedName) -> Outcome:
    obj = world.get(EXPERIMENT, key.namespace, key.name)
    if obj is None or not world.is_ours(obj):
        return Settled()
    try:
        experiment = msgspec.convert(obj, Experiment)
    except msgspec.ValidationError as error:
        raise Blocked("InvalidSpec", f"Experiment {key} cannot be read: {error}") from None
    if experiment.metadata.deletion_timestamp:
        return Settled()
    seen = observe(world, experiment)
    decision = decide(seen)
    for action in decision.actions:
        await _perform(world, key.namespace, action)
    change = merge_patch.difference(encode(experiment.status), encode(decision.status))
    if change:
        await world.patch_status(EXPERIMENT, experiment.metadata, {"status": change})
    for event in decision.events:
        await world.emit(experiment.metadata, event, instants.stamp(seen.now), kind=EXPERIMENT.kind)
    if decision.again is not None:
        return Again(decision.again, because=decision.status.message or "a time of the experiment comes")
    return Settled()


async def _perform(world: World, namespace: str, action: Action) -> None:
    match action:
        case Make(obj):
            await world.create(group_kind_of(obj), obj)
        case ChangeReplicaSet(name, replicas, annotations):
            body: dict[str, Any] = {"metadata": {"annotations": annotations}} if annotations else {}
            if replicas is not None:
                body["spec"] = {"replicas": replicas}
            await world.patch(REPLICA_SET, namespace, name, body)
        case EndRun(name):
            try:
                await world.patch(ANALYSIS_RUN, namespace, name, {"spec": {"terminate": True}})
            except NotFound:
                return
        case RemoveService(name):
            await world.delete(SERVICE, namespace, name)
        case _:
            assert_never(action)
