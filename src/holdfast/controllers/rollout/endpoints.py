"""Whether a service that is to get traffic has pods behind it already: endpoints come later than the selector's change."""

from __future__ import annotations

from typing import Any, Final

from holdfast.controllers.rollout.world import SOON, World
from holdfast.engine.rollout import defaults
from holdfast.engine.rollout.draft import Seen
from holdfast.model.errors import Forbidden, Waiting
from holdfast.model.keys import GroupKind
from holdfast.model.wanted_traffic import WantedTraffic

SLICE: Final = GroupKind("discovery.k8s.io", "EndpointSlice")


async def await_stable(world: World, seen: Seen, wanted: WantedTraffic) -> None:
    """Raises Waiting while a promotion or an abort would send traffic to a stable service without endpoints.

    Only dynamicStableScale leaves that service without pods before. A cluster that shows no slices of the service, or
    not to us, is not waited for.
    """
    before = seen.rollout.status.canary.weights
    if not defaults.canary(seen.rollout).dynamic_stable_scale:
        return
    if before is None or before.canary.weight <= wanted.weight:
        return
    namespace = seen.rollout.metadata.namespace
    try:
        listing = await world.cluster.list(
            world.resource(SLICE), namespace=namespace, labels=f"kubernetes.io/service-name={wanted.stable}"
        )
    except Forbidden:
        return
    endpoints = [one for live in listing.items for one in live.decode().get("endpoints") or []]
    if listing.items and not any(_is_ready(one) for one in endpoints):
        raise Waiting(SOON, "NoEndpoints", f"service {wanted.stable} has no endpoints yet to send traffic to")


def _is_ready(endpoint: dict[str, Any]) -> bool:
    """Unknown is to be taken as ready, says the API."""
    return (endpoint.get("conditions") or {}).get("ready") is not False
