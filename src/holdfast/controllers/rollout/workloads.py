"""What is done to the workload that a Rollout names, to its revisions and to its pods."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any, assert_never

from holdfast.controllers.rollout.world import CONTROLLER_REVISION, FIELD_MANAGER, POD, SOON, World
from holdfast.engine.rollout import actions
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.in_place import template_owner
from holdfast.engine.rollout.in_place.workload import HELD, managed
from holdfast.engine.rollout.pod_templates import comparable
from holdfast.model.errors import Conflict, Waiting
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, annotations_of, group_kind_of, name_of, namespace_of, resource_version_of
from holdfast.ports.cluster import PatchKind


async def perform(world: World, seen: Seen, action: actions.WorkloadAction) -> None:
    namespace = seen.rollout.metadata.namespace
    match action:
        case actions.DeletePod(name, uid):
            await world.delete(POD, namespace, name, uid)
        case actions.ScaleWorkload(replicas):
            reference = seen.rollout.spec.workload_ref
            if reference is not None:
                body = {"spec": {"replicas": replicas}}
                await world.patch(reference.group_kind, namespace, reference.name, body)
        case actions.AnnotateRevision(name, annotations):
            await world.patch(CONTROLLER_REVISION, namespace, name, {"metadata": {"annotations": annotations}})
        case actions.SetUpdateStrategy(strategy):
            if seen.workload is not None:
                body = managed(seen.rollout, strategy)
                await world.patch(group_kind_of(seen.workload), namespace, name_of(seen.workload), body)
        case actions.SetWorkloadTemplate():
            await _set_template(world, seen, action)
        case _:
            assert_never(action)


async def _set_template(world: World, seen: Seen, action: actions.SetWorkloadTemplate) -> None:
    """The mark is there for as long as the template may be another one: first set and taken off last."""
    if seen.workload is None:
        return
    kind, namespace, name = group_kind_of(seen.workload), namespace_of(seen.workload), name_of(seen.workload)
    version = resource_version_of(seen.workload)
    body: Any
    if action.held and annotations_of(seen.workload).get(HELD) != action.held:
        body = {"metadata": {"annotations": {HELD: action.held}, "resourceVersion": version}}
        marked = await _of_what_was_read(
            world,
            kind,
            world.cluster.patch(
                world.resource(kind), namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER
            ),
        )
        version = resource_version_of(marked)
    manager, obj = template_owner.applied(seen.workload, action.template)
    resource = world.resource(kind)
    if manager:
        obj["metadata"]["resourceVersion"] = version
    if manager and await _is_all_of_it(world, kind, manager, obj):
        # In the name of who deploys it: what his next template leaves out is then taken away, as it is only his.
        write = world.cluster.apply(resource, obj, field_manager=manager)
    else:
        body = [{"op": "replace", "path": "/spec/template", "value": action.template}]
        write = world.cluster.patch(resource, namespace, name, body, PatchKind.JSON, field_manager=FIELD_MANAGER)
    await _of_what_was_read(world, kind, write)
    if not action.held:
        await world.patch(kind, namespace, name, {"metadata": {"annotations": {HELD: None}}})


async def _is_all_of_it(world: World, kind: GroupKind, manager: str, obj: KubeObject) -> bool:
    """Applied, the template is the one that is wanted: nothing in it is somebody else's, too, and would stay."""
    apply = world.cluster.apply(world.resource(kind), obj, field_manager=manager, dry_run=True)
    answer = await _waiting_for_what_was_read(kind, apply)
    return bool(comparable(answer["spec"]["template"]) == comparable(obj["spec"]["template"]))


async def _of_what_was_read(world: World, kind: GroupKind, write: Awaitable[KubeObject]) -> KubeObject:
    answer = await _waiting_for_what_was_read(kind, write)
    world.wrote(answer)
    return answer


async def _waiting_for_what_was_read(kind: GroupKind, write: Awaitable[KubeObject]) -> KubeObject:
    try:
        return await write
    except Conflict as error:
        raise Waiting(SOON, "Changed", f"the {kind.kind} was changed meanwhile") from error
