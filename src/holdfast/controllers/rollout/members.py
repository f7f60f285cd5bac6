"""The Rollouts that are released together with one."""

from __future__ import annotations

import msgspec

from holdfast.controllers.rollout.world import ROLLOUT, World
from holdfast.engine.rollout import group, phases
from holdfast.model.kube import metadata_of
from holdfast.model.rollout import Rollout


def of_group(world: World, rollout: Rollout) -> tuple[Rollout, ...]:
    """One that cannot be read takes part in nothing."""
    name = group.name_of(rollout)
    if not name:
        return ()
    found = []
    for live in world.store.of_kind(ROLLOUT, rollout.metadata.namespace):
        if (live.metadata.labels or {}).get(group.LABEL) == name and live.is_whole:
            try:
                found.append(live.read_as(Rollout))
            except msgspec.ValidationError:
                continue
    return tuple(_with_workload(world, one) for one in group.members(rollout, found))


def _with_workload(world: World, member: Rollout) -> Rollout:
    """Its annotation tells of the workload that its controller saw last; here it tells of the one that is there."""
    reference, metadata = member.spec.workload_ref, member.metadata
    if reference is None:
        return member
    found = world.get(reference.group_kind, metadata.namespace, reference.name)
    if found is None:
        return member
    generation = str(metadata_of(found).get("generation") or "")
    annotations = {**metadata.annotations, phases.WORKLOAD_GENERATION: generation}
    return msgspec.structs.replace(member, metadata=msgspec.structs.replace(metadata, annotations=annotations))
