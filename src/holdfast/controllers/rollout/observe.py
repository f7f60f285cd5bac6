"""Reads everything that a decision about a Rollout needs."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.controllers.rollout import configuration, in_place, members, started
from holdfast.controllers.rollout.world import (
    POD,
    REPLICA_SET,
    SERVICE,
    World,
)
from holdfast.engine.lang import instants
from holdfast.engine.rollout import replica_sets, routes, totals, validation, workload
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.in_place import kinds
from holdfast.engine.traffic import routers
from holdfast.engine.traffic.changes import Reference, RoutingProblem
from holdfast.model.kube import KubeObject, owner_references_of
from holdfast.model.rollout import Rollout

RUN_KIND = "rollout-type"
STEP_INDEX = "step-index"


async def observe(world: World, rollout: Rollout) -> Seen:
    metadata = rollout.metadata
    lender, problem = _workload(world, rollout)
    template = workload.template_of(lender) if lender is not None else rollout.spec.template
    selector = msgspec.to_builtins(rollout.spec.selector) if rollout.spec.selector is not None else {}
    if not selector and lender is not None:
        selector = workload.selector_of(lender)
    if lender is not None and kinds.reference(rollout) is not None:
        return await in_place.observe(world, rollout, lender, selector)
    services: dict[str, KubeObject] = {}
    for _, name in validation.service_names(rollout):
        found = world.get(SERVICE, metadata.namespace, name)
        if found is not None:
            services[name] = found
    routed = found_objects(world, rollout)
    sets = tuple(
        replica_sets.read(live.decode())
        for live in world.owned(metadata.uid, REPLICA_SET)
        if not live.metadata.deletion_timestamp
    )
    configured = await configuration.observe(world, rollout, template, sets)
    return Seen(
        rollout=rollout,
        others=members.of_group(world, rollout),
        template=template if configured is None else configured.template,
        configuration=configured,
        selector=selector,
        now=world.now(),
        sets=sets,
        services=services,
        runs=started.runs(world, rollout),
        experiments=started.experiments(world, rollout),
        taken_names=started.taken_names(world, rollout),
        pods=await _pods(world, rollout, selector),
        workload=lender,
        problem=problem or _routing_problem(rollout, routed),
        has_taken=routers.has_taken(routed),
    )


def _workload(world: World, rollout: Rollout) -> tuple[KubeObject | None, str]:
    reference = rollout.spec.workload_ref
    if reference is None:
        return None, ""
    found = world.get(reference.group_kind, rollout.metadata.namespace, reference.name)
    if found is not None:
        # An item of a list need not say its kind.
        return {**found, "apiVersion": reference.api_version, "kind": reference.kind}, ""
    what = f"{reference.kind} {reference.name}"
    return None, f'spec.workloadRef: Invalid value: "{reference.name}": {what} is not there'


async def _pods(world: World, rollout: Rollout, selector: dict[str, Any]) -> tuple[KubeObject, ...]:
    """Asked for only while a restart is due: nobody else needs them. `selector` chooses those of all sets, as that of the
    status may choose the active ones alone."""
    wanted = rollout.spec.restart_at
    at = instants.parse(wanted)
    if at is None or wanted == rollout.status.restarted_at or world.now() < at:
        return ()
    uids = {live.metadata.uid for live in world.owned(rollout.metadata.uid, REPLICA_SET)}
    listing = await world.cluster.list(
        world.resource(POD), namespace=rollout.metadata.namespace, labels=totals.selector_text(selector)
    )
    found = [live.decode() for live in listing.items]
    return tuple(pod for pod in found if any(owner.get("uid") in uids for owner in owner_references_of(pod)))


def _routing_problem(rollout: Rollout, found: dict[Reference, KubeObject]) -> str:
    for reference in routers.references(rollout):
        if not reference.is_ours and reference not in found:
            what = f"{reference.group_kind.kind} {reference.name}"
            return f'spec.strategy.canary.trafficRouting: Invalid value: "{reference.name}": {what} is not there'
    try:
        routers.check(rollout, routes.services(rollout), found)
    except RoutingProblem as problem:
        return f"spec.strategy.canary.trafficRouting: Invalid value: {problem}"
    return ""


def found_objects(world: World, rollout: Rollout) -> dict[Reference, KubeObject]:
    found = {}
    for reference in routers.references(rollout):
        obj = world.get(reference.group_kind, reference.namespace, reference.name)
        if obj is not None:
            found[reference] = obj
    return found
