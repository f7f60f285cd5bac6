"""Reads a StatefulSet or DaemonSet whose pods a Rollout replaces."""

from __future__ import annotations

from typing import Any

from holdfast.controllers.rollout import members, started
from holdfast.controllers.rollout.world import CONTROLLER_REVISION, POD, SOON, World
from holdfast.engine.rollout import totals, workload
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.in_place.workload import read, sets
from holdfast.engine.rollout.replica_sets import MANAGED_BY
from holdfast.model.errors import Waiting
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, annotations_of, kind_of, name_of, owner_references_of, uid_of
from holdfast.model.rollout import Rollout


async def observe(world: World, rollout: Rollout, lender: KubeObject, selector: dict[str, Any]) -> Seen:
    """Revisions and pods are asked for: to watch those of a whole cluster for the few of a Rollout is dear."""
    revisions = await _owned(world, CONTROLLER_REVISION, lender, selector)
    pods = await _owned(world, POD, lender, selector)
    found = read(lender, revisions, pods, rollout=rollout, now=world.now())
    if found is None:
        what = f"{kind_of(lender)} {name_of(lender)}"
        raise Waiting(SOON, "WorkloadNotObserved", f"{what}: its controller has not seen its newest state yet")
    owner = annotations_of(lender).get(MANAGED_BY, rollout.metadata.name)
    problem = ""
    if owner != rollout.metadata.name:
        problem = f'spec.workloadRef: Invalid value: "{found.name}": {found.kind} is managed by Rollout {owner}'
    return Seen(
        rollout=rollout,
        others=members.of_group(world, rollout),
        template=workload.template_of(lender),
        selector=selector,
        now=world.now(),
        sets=sets(found),
        runs=started.runs(world, rollout),
        experiments=started.experiments(world, rollout),
        taken_names=started.taken_names(world, rollout),
        pods=tuple(pods),
        workload=lender,
        in_place=found,
        problem=problem,
    )


async def _owned(world: World, kind: GroupKind, lender: KubeObject, selector: dict[str, Any]) -> tuple[KubeObject, ...]:
    """What the workload controls. Items of a list need not say their kind."""
    listing = await world.cluster.list(
        world.resource(kind), namespace=lender["metadata"]["namespace"], labels=totals.selector_text(selector)
    )
    found = (live.decode() for live in listing.items)
    return tuple(obj for obj in found if any(it.get("uid") == uid_of(lender) for it in owner_references_of(obj)))
