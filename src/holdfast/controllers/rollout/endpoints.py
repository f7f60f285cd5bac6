"""Whether a service that is to get traffic has pods behind it already: endpoints come later than the selector's change."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, Final

from holdfast.controllers.rollout.world import POD, SERVICE, SOON, World
from holdfast.engine.kube import canonical
from holdfast.engine.rollout import defaults
from holdfast.engine.rollout.draft import Seen
from holdfast.model.errors import Forbidden, Waiting
from holdfast.model.keys import GroupKind
from holdfast.model.names import HASH_LABEL
from holdfast.model.wanted_traffic import WantedTraffic

SLICE: Final = GroupKind("discovery.k8s.io", "EndpointSlice")


async def await_stable(world: World, seen: Seen, wanted: WantedTraffic) -> None:
    """Raises Waiting while a promotion or an abort would send traffic to a stable service without endpoints of the pods that
    it selects: those of the stable version, or those that stand in while it has too few.

    Only dynamicStableScale leaves that service without pods before. A cluster that shows no slices of the service, or
    not to us, is not waited for.
    """
    before = seen.rollout.status.canary.weights
    if not defaults.canary(seen.rollout).dynamic_stable_scale:
        return
    if before is None or before.canary.weight <= wanted.weight:
        return
    namespace = seen.rollout.metadata.namespace
    service = world.get(SERVICE, namespace, wanted.stable)
    hash_ = canonical.get_path(service, "spec", "selector", HASH_LABEL) or wanted.stable_hash
    try:
        listing = await world.cluster.list(
            world.resource(SLICE), namespace=namespace, labels=f"kubernetes.io/service-name={wanted.stable}"
        )
        pods = await world.cluster.list(world.resource(POD), namespace=namespace, labels=f"{HASH_LABEL}={hash_}")
    except Forbidden:
        return
    stable = {live.metadata.uid for live in pods.items}
    endpoints = [one for live in listing.items for one in live.decode().get("endpoints") or []]
    if listing.items and not any(_is_ready(one) and _leads_to(one, stable) for one in endpoints):
        what = f"service {wanted.stable} has no endpoints yet of the pods to send traffic to"
        raise Waiting(SOON, "NoEndpoints", what)


def _is_ready(endpoint: dict[str, Any]) -> bool:
    """Unknown is to be taken as ready, says the API."""
    return (endpoint.get("conditions") or {}).get("ready") is not False


def _leads_to(endpoint: dict[str, Any], pods: Container[str]) -> bool:
    """Those of the version before stay in the slices for a moment after the selector has changed. What names no pod is
    another one's work, and believed."""
    named = (endpoint.get("targetRef") or {}).get("uid")
    return named is None or named in pods
