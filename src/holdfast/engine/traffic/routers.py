"""All routers: which objects a Rollout's traffic needs, and how they have to be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from holdfast.engine.traffic import alb, ambassador, apisix, gateway_api, istio, nginx, smi, traefik
from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem
from holdfast.model.canary import CanaryStep
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from holdfast.model.traffic import TrafficRouting
from holdfast.model.wanted_traffic import WantedTraffic

KINDS: Final[frozenset[GroupKind]] = (
    frozenset({istio.VIRTUAL_SERVICE, istio.DESTINATION_RULE, nginx.INGRESS, traefik.TRAEFIK_SERVICE})
    | {smi.TRAFFIC_SPLIT, apisix.APISIX_ROUTE, ambassador.MAPPING}
    | gateway_api.KINDS
)
SERVED: Final = ("istio", "nginx", "plugins", "traefik", "smi", "apisix", "alb", "ambassador")
TAKES_HEADERS: Final = ("istio", "plugins", "apisix", "alb")
TAKES_MIRRORS: Final = ("istio",)
TAKES_EXPERIMENTS: Final = ("istio", "plugins", "smi", "alb", "traefik", "apisix")
BOUND_TO_STABLE: Final = ("nginx", "ambassador")
"""Their objects lead to one service for good, which pingPong changes."""
Found = Mapping[Reference, KubeObject]


def routing_of(rollout: Rollout) -> TrafficRouting:
    strategy = rollout.spec.strategy
    is_canary = strategy.blue_green is None and strategy.canary is not None
    return (strategy.canary.traffic_routing if is_canary and strategy.canary else None) or TrafficRouting()


def references(rollout: Rollout) -> list[Reference]:
    """Empty where the routing cannot be read: `check` says why."""
    try:
        return list(_references(rollout))
    except RoutingProblem:
        return []


def _references(rollout: Rollout) -> Iterator[Reference]:
    routing, owner = routing_of(rollout), rollout.metadata
    if routing.istio is not None:
        yield from istio.references(routing.istio, owner.namespace)
    if routing.nginx is not None:
        yield from nginx.references(routing.nginx, owner)
    if gateway_api.PLUGIN in routing.plugins:
        yield from gateway_api.references(gateway_api.read(routing.plugins[gateway_api.PLUGIN]), owner)
    if routing.traefik is not None:
        yield from traefik.references(routing.traefik, owner)
    if routing.smi is not None:
        yield from smi.references(routing.smi, owner)
    if routing.apisix is not None:
        yield from apisix.references(routing.apisix, owner, [route.name for route in routing.managed_routes])
    if routing.alb is not None:
        yield from alb.references(routing.alb, owner)
    if routing.ambassador is not None:
        yield from ambassador.references(routing.ambassador, owner)


def changes(rollout: Rollout, wanted: WantedTraffic, found: Found) -> list[Change]:
    """Empty when every router has been told already. Raises RoutingProblem where an object does not fit."""
    return [change for change in _changes(rollout, wanted, found) if change.before != change.after]


def _changes(rollout: Rollout, wanted: WantedTraffic, found: Found) -> Iterator[Change]:
    routing, owner = routing_of(rollout), rollout.metadata
    if wanted.additional and (unable := [name for name in given(routing) if name not in TAKES_EXPERIMENTS]):
        raise RoutingProblem(f"{', '.join(unable)} cannot give experiments a share")
    if routing.istio is not None:
        yield from istio.changes(routing.istio, wanted, found, owner.namespace)
    if routing.nginx is not None:
        yield from nginx.changes(routing.nginx, owner, wanted, found)
    if gateway_api.PLUGIN in routing.plugins:
        yield from gateway_api.changes(gateway_api.read(routing.plugins[gateway_api.PLUGIN]), owner, wanted, found)
    if routing.traefik is not None:
        yield from traefik.changes(routing.traefik, owner, wanted, found)
    if routing.smi is not None:
        yield from smi.changes(routing.smi, owner, wanted, found)
    if routing.apisix is not None:
        yield from apisix.changes(routing.apisix, owner, wanted, found)
    if routing.alb is not None:
        yield from alb.changes(routing.alb, owner, wanted, found)
    if routing.ambassador is not None:
        yield from ambassador.changes(routing.ambassador, owner, wanted, found)


def given(routing: TrafficRouting) -> list[str]:
    return [name for name in SERVED if getattr(routing, name)]


def has_taken(found: Found) -> bool | None:
    """What the routers say of the objects as they are; None where none can tell."""
    words = [gateway_api.has_taken(obj) for place, obj in found.items() if place.group_kind in gateway_api.KINDS]
    told = [word for word in words if word is not None]
    return all(told) if told else None


def check(rollout: Rollout, services: tuple[str, str], found: Found) -> None:
    """Raises RoutingProblem where an object does not fit: tried with no traffic for the canary, and every header.

    `services` are that of the canary and that of the stable pods.
    """
    check_settings(rollout)
    if routing_of(rollout) != TrafficRouting():
        changes(rollout, _trial(rollout, *services), found)


def check_settings(rollout: Rollout) -> None:
    """What can be judged without the objects. Raises RoutingProblem."""
    routing = routing_of(rollout)
    if routing.app_mesh is not None:
        # Steps that no router hears of would let a release pass unproved.
        raise RoutingProblem("appMesh is not served")
    for name in routing.plugins:
        if name != gateway_api.PLUGIN:
            raise RoutingProblem(f"plugin {name} is not served: only {gateway_api.PLUGIN} is")
    _check_steps(rollout, given(routing))
    _check_ping_pong(rollout)
    list(_references(rollout))


def _trial(rollout: Rollout, canary: str, stable: str) -> WantedTraffic:
    strategy = rollout.spec.strategy.canary
    steps = strategy.steps if strategy is not None else ()
    headers = {step.set_header_route.name: step.set_header_route for step in steps if step.set_header_route is not None}
    managed = tuple(route.name for route in routing_of(rollout).managed_routes)
    return WantedTraffic(canary, stable, 0, headers=tuple(headers.values()), managed=managed)


def _check_steps(rollout: Rollout, names: list[str]) -> None:
    """A step that one of the routers cannot carry out would prove nothing."""
    canary = rollout.spec.strategy.canary
    for step in canary.steps if canary is not None else ():
        for kind, is_wanted, able in (
            ("setHeaderRoute", step.set_header_route is not None, TAKES_HEADERS),
            ("setMirrorRoute", step.set_mirror_route is not None, TAKES_MIRRORS),
            ("experiment with a weight", _has_share(step), TAKES_EXPERIMENTS),
        ):
            if is_wanted and (unable := [name for name in names if name not in able]):
                raise RoutingProblem(f"{', '.join(unable)} cannot carry out the step {kind}")


def _has_share(step: CanaryStep) -> bool:
    return step.experiment is not None and any(one.weight for one in step.experiment.templates)


def _check_ping_pong(rollout: Rollout) -> None:
    canary, routing = rollout.spec.strategy.canary, routing_of(rollout)
    if canary is None or canary.ping_pong is None:
        return
    for name in given(routing):
        if name in BOUND_TO_STABLE:
            raise RoutingProblem(f"{name} cannot be used with pingPong: it leads to one stable service for good")
    for name, router in (("alb", routing.alb), ("smi", routing.smi)):
        if router is not None and not router.root_service:
            raise RoutingProblem(f"{name}.rootService is required with pingPong")
