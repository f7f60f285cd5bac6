"""What a router cannot carry out is told before a release begins."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.traffic import routers
from holdfast.engine.traffic.apisix import APISIX_ROUTE
from holdfast.engine.traffic.changes import Reference, RoutingProblem
from holdfast.engine.traffic.gateway_api import HTTP_ROUTE, PLUGIN
from holdfast.model.kube import KubeObject
from tests.unit.engine.traffic.builders import rollout

HEADER = {"setHeaderRoute": {"name": "beta", "match": [{"headerName": "x", "headerValue": {"exact": "a"}}]}}
MIRROR = {"setMirrorRoute": {"name": "beta", "match": [{"method": {"exact": "GET"}}]}}
MANAGED = {"managedRoutes": [{"name": "beta"}]}
APISIX = {"apisix": {"route": {"name": "route"}}, **MANAGED}
BACKENDS = [{"serviceName": "stable"}, {"serviceName": "canary"}]
FOUND: dict[Reference, KubeObject] = {
    Reference(HTTP_ROUTE, "shop", "route"): {
        "kind": "HTTPRoute",
        "metadata": {"name": "route"},
        "spec": {"rules": [{"backendRefs": [{"name": "stable"}, {"name": "canary"}]}]},
    },
    Reference(APISIX_ROUTE, "shop", "route"): {
        "metadata": {"name": "route"},
        "spec": {"http": [{"backends": BACKENDS}]},
    },
    Reference(APISIX_ROUTE, "shop", "beta", is_ours=True): {"metadata": {"name": "beta"}, "spec": {}},
}


def plugin(**config: Any) -> dict[str, Any]:
    return {"plugins": {PLUGIN: config}, **MANAGED}


@pytest.mark.parametrize(
    ("routing", "steps", "reason"),
    [
        (plugin(), [], "names no route"),
        (plugin(httpRoutes=[{"name": "route"}]), [HEADER], "useHeaderRoutes"),
        (plugin(httpRoute="route"), [MIRROR], "plugins cannot carry out the step setMirrorRoute"),
        (plugin(httpRoute="other"), [], "HTTPRoute shop/other is not there"),
        (APISIX, [HEADER], "duplicate ApisixRoute"),
        ({"traefik": {"weightedTraefikServiceName": "web"}}, [HEADER], "traefik cannot carry out"),
        ({"alb": {"ingress": "web"}, "smi": {}}, [MIRROR], "smi, alb cannot carry out"),
    ],
)
def test_a_fault_is_named(routing: dict[str, Any], steps: list[Any], reason: str) -> None:
    with pytest.raises(RoutingProblem, match=reason):
        routers.check(rollout(routing, steps=steps), ("canary", "stable"), FOUND)


@pytest.mark.parametrize(
    "routing", [plugin(httpRoutes=[{"name": "route", "useHeaderRoutes": True}]), plugin(httpRoute="route")]
)
def test_headers_are_carried_out_where_they_are_asked_for(routing: dict[str, Any]) -> None:
    routers.check(rollout(routing, steps=[HEADER]), ("canary", "stable"), FOUND)


@pytest.mark.parametrize("name", ["alb", "smi"])
def test_ping_and_pong_need_a_root_service(name: str) -> None:
    pair = {"pingPong": {"pingService": "stable", "pongService": "canary"}}
    with pytest.raises(RoutingProblem, match=f"{name}.rootService is required"):
        routers.check(rollout({name: {}}, **pair), ("canary", "stable"), FOUND)
