"""Whether the load balancers outside the cluster serve the weights that the Rollout's Ingresses ask for."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

import msgspec

from holdfast.controllers.rollout.observe import found_objects
from holdfast.controllers.rollout.world import World
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.traffic import alb, routers
from holdfast.model.traffic import ALBTrafficRouting
from holdfast.ports.load_balancers import LoadBalancerError, LoadBalancers
from holdfast.runtime.outcome import Again, Outcome

LOOK_AGAIN: Final = timedelta(seconds=10)
LOG: Final = logging.getLogger("holdfast.load_balancers")


async def verified(world: World, balancers: LoadBalancers | None, seen: Seen) -> Seen:
    """With what they say of a release under way. What cannot be asked has not said yes."""
    routing, status = routers.routing_of(seen.rollout).alb, seen.rollout.status
    weights = status.canary.weights
    if balancers is None or routing is None or weights is None or seen.problem or status.abort:
        return seen
    if status.current_pod_hash == status.stable_rs:
        return seen
    # What they have said of these weights once is not asked again.
    has_taken = bool(weights.verified) or await _have_taken(world, balancers, routing, seen)
    return msgspec.structs.replace(seen, has_taken=has_taken and seen.has_taken is not False)


async def _have_taken(world: World, balancers: LoadBalancers, routing: ALBTrafficRouting, seen: Seen) -> bool:
    found = found_objects(world, seen.rollout)
    for reference in alb.references(routing, seen.rollout.metadata):
        ingress = found.get(reference)
        hostnames = alb.hostnames(ingress) if ingress is not None else []
        try:
            answers = [await balancers.forwards(hostname) for hostname in hostnames]
        except LoadBalancerError as error:
            LOG.warning("Ingress %s/%s: %s", reference.namespace, reference.name, error)
            return False
        if ingress is None or not answers or not all(alb.is_served(ingress, routing, said) for said in answers):
            return False
    return True


def again(outcome: Outcome, seen: Seen) -> Outcome:
    """Nothing in the cluster tells when they have taken a weight over."""
    if seen.has_taken is not False or routers.routing_of(seen.rollout).alb is None:
        return outcome
    if isinstance(outcome, Again) and outcome.after <= LOOK_AGAIN:
        return outcome
    return Again(LOOK_AGAIN, because="the load balancer has not taken over the weights")
