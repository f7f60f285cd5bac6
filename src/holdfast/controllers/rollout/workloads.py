"""What is done to the workload that a Rollout names, to its revisions and to its pods."""

from __future__ import annotations

from typing import assert_never

from holdfast.controllers.rollout.world import CONTROLLER_REVISION, FIELD_MANAGER, POD, SOON, World
from holdfast.engine.kube import canonical
from holdfast.engine.rollout import actions
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.in_place.workload import HELD
from holdfast.engine.rollout.replica_sets import MANAGED_BY
from holdfast.model.errors import Conflict, Waiting
from holdfast.model.keys import GroupKind
from holdfast.model.kube import annotations_of, group_kind_of, name_of


async def perform(world: World, seen: Seen, action: actions.WorkloadAction) -> None:
    namespace = seen.rollout.metadata.namespace
    match action:
        case actions.DeletePod(name, uid):
            await world.delete(POD, namespace, name, uid)
        case actions.ScaleWorkload(replicas):
            reference = seen.rollout.spec.workload_ref
            if reference is not None:
                kind = GroupKind(reference.api_version.rpartition("/")[0], reference.kind)
                await world.patch(kind, namespace, reference.name, {"spec": {"replicas": replicas}})
        case actions.AnnotateRevision(name, annotations):
            await world.patch(CONTROLLER_REVISION, namespace, name, {"metadata": {"annotations": annotations}})
        case actions.SetUpdateStrategy(strategy):
            if seen.workload is not None:
                metadata = {"annotations": {MANAGED_BY: seen.rollout.metadata.name}}
                body = {"metadata": metadata, "spec": {"updateStrategy": strategy}}
                await world.patch(group_kind_of(seen.workload), namespace, name_of(seen.workload), body)
        case actions.SetWorkloadTemplate():
            await _set_template(world, seen, action)
        case _:
            assert_never(action)


async def _set_template(world: World, seen: Seen, action: actions.SetWorkloadTemplate) -> None:
    """Template and mark in one write, of exactly the state that was read."""
    if seen.workload is None:
        return
    annotations = {key: value for key, value in annotations_of(seen.workload).items() if key != HELD}
    if action.held:
        annotations[HELD] = action.held
    obj = canonical.with_path(seen.workload, action.template, "spec", "template")
    obj = canonical.with_path(obj, annotations, "metadata", "annotations")
    resource = world.resource(group_kind_of(seen.workload))
    try:
        world.wrote(await world.cluster.replace(resource, obj, field_manager=FIELD_MANAGER))
    except Conflict as error:
        raise Waiting(SOON, "Changed", f"{resource.kind} {name_of(obj)} was changed meanwhile") from error
