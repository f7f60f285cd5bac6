"""Reads the ConfigMaps and Secrets that pods are configured by, and keeps a copy of them for each revision.

What is in them is never logged, nor kept in memory from one reconcile to the next.
"""

from __future__ import annotations

from typing import Any

from holdfast.controllers.rollout.world import FIELD_MANAGER, REPLICA_SET, SOON, World
from holdfast.engine.rollout import configuration
from holdfast.engine.rollout.actions import KeepConfiguration
from holdfast.engine.rollout.draft import Configuration
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.errors import AlreadyExists, Blocked, Conflict, Waiting
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, owner_references_of, resource_version_of
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import PatchKind


async def observe(
    world: World, rollout: Rollout, template: KubeObject, sets: tuple[ReplicaSet, ...]
) -> Configuration | None:
    """None unless the Rollout asks for it. What is missing keeps its name, as the pods will wait for it."""
    if not configuration.is_asked(rollout):
        return None
    named = configuration.named(template)
    if len(named) > configuration.MOST:
        what = f"Rollout {rollout.metadata.key} names {len(named)} ConfigMaps and Secrets"
        raise Blocked("TooMuchConfiguration", f"{what}; no more than {configuration.MOST} are kept with a revision")
    copies = {}
    for kind, name in named:
        found = await world.cluster.get(world.resource(GroupKind("", kind)), rollout.metadata.namespace, name)
        if found is not None and configuration.is_copied(found):
            copies[kind, name] = configuration.copy_name(found)
    return configuration.in_effect(template, copies, sets, rollout.status.current_pod_hash)


async def keep(world: World, rollout: Rollout, action: KeepConfiguration) -> None:
    for kind, name, copy in action.copies:
        await _keep(world, rollout, action, (kind, name, copy))
    body = {"metadata": {"annotations": {configuration.KEPT: action.fingerprint}}}
    await world.patch(REPLICA_SET, rollout.metadata.namespace, action.name, body)


async def _keep(world: World, rollout: Rollout, action: KeepConfiguration, wanted: tuple[str, str, str]) -> None:
    kind, name, copy = wanted
    namespace, resource = rollout.metadata.namespace, world.resource(GroupKind("", kind))
    owner = configuration.owner_of(action.name, action.uid)
    there = await world.cluster.get(resource, namespace, copy)
    if there is None:
        found = await world.cluster.get(resource, namespace, name)
        if found is None or configuration.copy_name(found) != copy:
            raise Waiting(SOON, "Changed", f"{kind} {name} was changed meanwhile")
        obj = configuration.copied(found, kind, copy, rollout, owner)
        try:
            await world.cluster.create(resource, obj, field_manager=FIELD_MANAGER)
        except AlreadyExists as error:
            raise Waiting(SOON, "NotSeen", f"{kind} {copy} has just been made") from error
        return
    owners = owner_references_of(there)
    if any(one.get("uid") == action.uid for one in owners):
        return
    body: Any = {"metadata": {"ownerReferences": [*owners, owner], "resourceVersion": resource_version_of(there)}}
    try:
        await world.cluster.patch(resource, namespace, copy, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)
    except Conflict as error:
        raise Waiting(SOON, "Changed", f"{kind} {copy} was changed meanwhile") from error
