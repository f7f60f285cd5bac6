"""All routers: which objects a Rollout's traffic needs, and how they have to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from holdfast.engine.rollout import routes
from holdfast.engine.traffic import istio
from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from holdfast.model.traffic import TrafficRouting
from holdfast.model.wanted_traffic import WantedTraffic

KINDS: Final[frozenset[GroupKind]] = frozenset({istio.VIRTUAL_SERVICE, istio.DESTINATION_RULE})
NOT_SERVED: Final = ("nginx", "alb", "smi", "ambassador", "app_mesh", "traefik", "apisix", "plugins")
Found = Mapping[Reference, KubeObject]


def routing_of(rollout: Rollout) -> TrafficRouting:
    strategy = rollout.spec.strategy
    is_canary = strategy.blue_green is None and strategy.canary is not None
    return (strategy.canary.traffic_routing if is_canary and strategy.canary else None) or TrafficRouting()


def references(rollout: Rollout) -> list[Reference]:
    return list(_references(rollout))


def _references(rollout: Rollout) -> Iterator[Reference]:
    routing = routing_of(rollout)
    if routing.istio is not None:
        yield from istio.references(routing.istio, rollout.metadata.namespace)


def changes(rollout: Rollout, wanted: WantedTraffic, found: Found) -> list[Change]:
    """Empty when every router has been told already. Raises RoutingProblem where an object does not fit."""
    routing = routing_of(rollout)
    wished: list[Change] = []
    if routing.istio is not None:
        wished += istio.changes(routing.istio, wanted, found, rollout.metadata.namespace)
    return [change for change in wished if change.before != change.after]


def check(rollout: Rollout, found: Found) -> None:
    """Raises RoutingProblem where an object does not fit; tried with no traffic for the canary."""
    routing = routing_of(rollout)
    for name in NOT_SERVED:
        if getattr(routing, name):
            # Steps that no router hears of would let a release pass unproved.
            raise RoutingProblem(f"{name} is not served")
    if routing != TrafficRouting():
        canary, stable = routes.services(rollout)
        changes(rollout, WantedTraffic(canary, stable, 0), found)
