"""Carries out what was decided about a Rollout. Every act may be done again."""

from __future__ import annotations

from typing import Any, assert_never

import msgspec

from holdfast.controllers.rollout import configuration, endpoints, pod_marks, runs, workloads
from holdfast.controllers.rollout.observe import found_objects
from holdfast.controllers.rollout.world import (
    FIELD_MANAGER,
    REPLICA_SET,
    ROLLOUT,
    SERVICE,
    SOON,
    World,
)
from holdfast.engine.kube import merge_patch
from holdfast.engine.rollout import actions, adoption, replica_sets
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.pod_templates import comparable, of_set
from holdfast.engine.traffic import routers
from holdfast.engine.traffic.changes import Change, RoutingProblem
from holdfast.model.errors import AlreadyExists, Blocked, Conflict, Waiting
from holdfast.model.kube import KubeObject, metadata_of, name_of, resource_version_of
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout, RolloutStatus
from holdfast.ports.cluster import PatchKind
from holdfast.runtime.store import live_object


async def perform(world: World, seen: Seen, action: actions.Action, status: RolloutStatus) -> None:
    namespace = seen.rollout.metadata.namespace
    if isinstance(action, actions.RunAction):
        await runs.perform(world, seen, action, status)
        return
    if isinstance(action, actions.SetAction):
        await _change_set(world, seen, action)
        return
    if isinstance(action, actions.SetReplicas | actions.AnnotateRollout):
        await change_rollout(world, seen.rollout, action)
        return
    if isinstance(action, actions.WorkloadAction):
        await workloads.perform(world, seen, action)
        return
    match action:
        case actions.PointService(name, hash_):
            annotations = {replica_sets.MANAGED_BY: seen.rollout.metadata.name}
            body: dict[str, Any] = {"metadata": {"annotations": annotations}, "spec": {"selector": {HASH_LABEL: hash_}}}
            await world.patch(SERVICE, namespace, name, body)
        case actions.SetTraffic(wanted):
            await endpoints.await_stable(world, seen, wanted)
            try:
                changes = routers.changes(seen.rollout, wanted, found_objects(world, seen.rollout))
            except RoutingProblem as problem:
                raise Blocked("InvalidRouting", f"spec.strategy.canary.trafficRouting: {problem}") from None
            for change in changes:
                await _route(world, change)
        case _:
            assert_never(action)


async def _change_set(world: World, seen: Seen, action: actions.SetAction) -> None:
    namespace = seen.rollout.metadata.namespace
    match action:
        case actions.CreateReplicaSet(obj):
            await _create_set(world, seen, obj)
        case actions.ChangeReplicaSet(name, replicas, annotations, min_ready_seconds):
            body: dict[str, Any] = {"metadata": {"annotations": annotations}} if annotations else {}
            said = {"replicas": replicas, "minReadySeconds": min_ready_seconds}
            spec = {field: value for field, value in said.items() if value is not None}
            if spec:
                body["spec"] = spec
            # Without a version: that of a set changes with every pod of it, and the count is decided anew from what is there.
            await world.patch(REPLICA_SET, namespace, name, body)
        case actions.MarkPods():
            await pod_marks.perform(world, namespace, action)
        case actions.KeepConfiguration():
            await configuration.keep(world, seen.rollout, action)
        case actions.DeleteReplicaSet(name):
            await world.delete(REPLICA_SET, namespace, name)


async def change_rollout(
    world: World, rollout: Rollout, action: actions.SetReplicas | actions.AnnotateRollout
) -> Rollout:
    """Writes to exactly the state that was read: what arrives late would undo an autoscaler, or be of a Rollout of the
    same name that is gone."""
    match action:
        case actions.SetReplicas(replicas):
            body: dict[str, Any] = {"spec": {"replicas": replicas}}
        case actions.AnnotateRollout(annotations):
            body = {"metadata": {"annotations": annotations}}
    metadata = rollout.metadata
    body["metadata"] = {**body.get("metadata", {}), "resourceVersion": metadata.resource_version}
    try:
        answer = await world.cluster.patch(
            world.resource(ROLLOUT),
            metadata.namespace,
            metadata.name,
            body,
            PatchKind.MERGE,
            field_manager=FIELD_MANAGER,
        )
    except Conflict as error:
        raise Waiting(SOON, "Changed", f"the {ROLLOUT.kind} was changed meanwhile") from error
    world.wrote(answer)
    return msgspec.convert(answer, Rollout)


async def _create_set(world: World, seen: Seen, obj: KubeObject) -> None:
    """A set of that name that is not ours is a collision of hashes: the next try gets another name."""
    resource = world.resource(REPLICA_SET)
    try:
        world.wrote(await world.cluster.create(resource, obj, field_manager=FIELD_MANAGER))
        return
    except AlreadyExists:
        there = await world.cluster.get(resource, seen.rollout.metadata.namespace, name_of(obj))
    if (
        there is None
        or _is_this(there, obj, seen.rollout)
        or adoption.is_to_be_taken(live_object(there).metadata, seen.selector)
    ):
        raise Waiting(SOON, "NotSeen", f"ReplicaSet {name_of(obj)} is there and not seen yet")
    count = (seen.rollout.status.collision_count or 0) + 1
    body = {
        "status": {"collisionCount": count},
        "metadata": {"resourceVersion": seen.rollout.metadata.resource_version},
    }
    await patch_status(world, seen.rollout, body)
    raise Waiting(SOON, "HashCollision", f"ReplicaSet {name_of(obj)} belongs to something else")


def _is_this(there: KubeObject, obj: KubeObject, rollout: Rollout) -> bool:
    owners = metadata_of(there).get("ownerReferences") or []
    is_ours = any(owner.get("uid") == rollout.metadata.uid for owner in owners)
    return is_ours and comparable(of_set(there)) == comparable(of_set(obj))


async def patch_status(world: World, rollout: Rollout, body: dict[str, Any]) -> Rollout:
    return msgspec.convert(await world.patch_status(ROLLOUT, rollout.metadata, body), Rollout)


async def _route(world: World, change: Change) -> None:
    reference = change.reference
    resource = world.resource(reference.group_kind)
    if change.after is None:
        await world.delete(reference.group_kind, reference.namespace, reference.name)
        return
    if change.before is None:
        obj = {**change.after, "apiVersion": resource.api_version}
        try:
            world.wrote(await world.cluster.create(resource, obj, field_manager=FIELD_MANAGER))
        except AlreadyExists as error:
            what = f"{reference.group_kind.kind} {reference.name}"
            raise Waiting(SOON, "NotSeen", f"{what} is there and not seen yet") from error
        return
    body = merge_patch.difference(change.before, change.after)
    if not body:
        return
    body["metadata"] = {**body.get("metadata", {}), "resourceVersion": resource_version_of(change.before)}
    await world.patch_as_read(reference.group_kind, reference.namespace, reference.name, body)
