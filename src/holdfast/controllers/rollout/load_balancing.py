"""Whether the load balancers outside the cluster serve the weights that the Rollout's Ingresses ask for."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Final

import msgspec

from holdfast.controllers.rollout.observe import found_objects
from holdfast.controllers.rollout.world import World
from holdfast.engine.lang import instants
from holdfast.engine.rollout import routes
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.traffic import alb, routers
from holdfast.model.events import Event
from holdfast.model.keys import NamespacedName
from holdfast.model.rollout import ALBStatus
from holdfast.model.traffic import ALBTrafficRouting
from holdfast.ports.load_balancers import LoadBalancerError, LoadBalancerMissing, LoadBalancers
from holdfast.runtime.outcome import Again, Outcome

LOOK_AGAIN: Final = timedelta(seconds=10)
MOST_TOLD: Final = 60
"""Of one release: a sentence that never says the same twice ends there."""
NOT_FOUND: Final = "LoadBalancerNotFound"
NOT_ASKED: Final = "WeightVerifyError"
LOG: Final = logging.getLogger("holdfast.load_balancers")


class LoadBalancing:
    """Without `balancers` everything is believed to be served. What they serve, and what is wrong, is told by an Event, once a
    release and sentence while the process lives."""

    def __init__(self, balancers: LoadBalancers | None) -> None:
        self._balancers = balancers
        self._told: dict[NamespacedName, tuple[str, set[Event]]] = {}

    async def verified(self, world: World, seen: Seen) -> Seen:
        """With what they say of a release under way. What cannot be asked has not said yes."""
        routing, status = routers.routing_of(seen.rollout).alb, seen.rollout.status
        weights = status.canary.weights
        if self._balancers is None or routing is None or weights is None or seen.problem or status.abort:
            return seen
        if status.current_pod_hash == status.stable_rs:
            self.forget(_key(seen))
            return seen
        # What they have said of these weights once is not asked again.
        if weights.verified:
            return msgspec.structs.replace(seen, has_taken=seen.has_taken is not False)
        has_taken, known = await self._looked_at(world, self._balancers, routing, seen)
        return msgspec.structs.replace(seen, has_taken=has_taken and seen.has_taken is not False, balancers=known)

    def forget(self, key: NamespacedName) -> None:
        """Its release is over, or it is gone."""
        self._told.pop(key, None)

    async def _looked_at(
        self, world: World, balancers: LoadBalancers, routing: ALBTrafficRouting, seen: Seen
    ) -> tuple[bool, tuple[ALBStatus, ...]]:
        """Whether all have taken over the weights, and who they are as far as that is known."""
        found, services, known = found_objects(world, seen.rollout), routes.services(seen.rollout), []
        for reference in alb.references(routing, seen.rollout.metadata):
            ingress = found.get(reference)
            hostnames = alb.hostnames(ingress) if ingress is not None else []
            place = f"Ingress {reference.namespace}/{reference.name}"
            if not hostnames:
                why = "has no load balancer in its status; look what the AWS Load Balancer Controller says of it"
                await self._tell(world, seen, Event(NOT_FOUND, f"{place} {why}", warning=True))
            try:
                answers = [await balancers.look(hostname) for hostname in hostnames]
            except LoadBalancerError as error:
                reason = NOT_FOUND if isinstance(error, LoadBalancerMissing) else NOT_ASKED
                await self._tell(world, seen, Event(reason, f"{place}: {error}", warning=True))
                return False, ()
            if ingress is None or not answers:
                return False, ()
            known.append(alb.status(ingress, routing, services, answers[0].named, answers[0].groups))
            told = alb.verification(
                ingress, routing, services[0], [one for said in answers for one in said.forwards], answers[0].groups
            )
            if told is not None:
                await self._tell(world, seen, told)
            if not all(alb.is_served(ingress, routing, said.forwards) for said in answers):
                return False, tuple(known)
        return True, tuple(known)

    async def _tell(self, world: World, seen: Seen, event: Event) -> None:
        key, release = _key(seen), seen.rollout.status.current_pod_hash
        LOG.log(logging.WARNING if event.warning else logging.INFO, "Rollout %s: %s", key, event.message)
        known, told = self._told.get(key, (release, set()))
        if known != release:
            told = set()
        self._told[key] = (release, told)
        if event in told or len(told) >= MOST_TOLD:
            return
        told.add(event)
        said = f"{event.message}. The step waits; an abort does not" if event.warning else event.message
        await world.emit(seen.rollout.metadata, msgspec.structs.replace(event, message=said), instants.stamp(seen.now))


def _key(seen: Seen) -> NamespacedName:
    return NamespacedName(seen.rollout.metadata.namespace, seen.rollout.metadata.name)


def again(outcome: Outcome, seen: Seen) -> Outcome:
    """Nothing in the cluster tells when they have taken a weight over."""
    if seen.has_taken is not False or routers.routing_of(seen.rollout).alb is None:
        return outcome
    if isinstance(outcome, Again) and outcome.after <= LOOK_AGAIN:
        return outcome
    return Again(LOOK_AGAIN, because="the load balancer has not taken over the weights")
