"""Canaries whose traffic Traefik, SMI, APISIX, AWS or Ambassador shares."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from msgspec import Struct

from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import (
    NAMESPACE_NAME,
    ROLLOUT,
    SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)
from tests.unit.controllers.rollout.routed import abort, deploy, release, serve

Pair = tuple[int, int]
CANARY, STABLE = "web-canary", "web-stable"


class Router(Struct, frozen=True):
    """`read` gets the object of the name, {} for none, and gives the weights of the stable and of the canary service."""

    kind: ResourceType
    routing: dict[str, Any]
    spec: dict[str, Any]
    read: Callable[[KubeObject], Pair]
    name: str = "web"


def by_name(entries: list[dict[str, Any]], key: str) -> Pair:
    found = {entry[key]: entry["weight"] for entry in entries}
    return found[STABLE], found[CANARY]


def of_action(obj: KubeObject) -> Pair:
    action = json.loads(obj["metadata"]["annotations"]["alb.ingress.kubernetes.io/actions.web-root"])
    found = {group["ServiceName"]: group["Weight"] for group in action["ForwardConfig"]["TargetGroups"]}
    return found[STABLE], found[CANARY]


def of_mapping(obj: KubeObject) -> Pair:
    weight = obj["spec"]["weight"] if obj else 0
    assert not obj or obj["spec"]["service"] == "web-canary:8080"
    return 100 - weight, weight


def rule(name: str) -> dict[str, Any]:
    backends = [{"serviceName": STABLE, "servicePort": 80}, {"serviceName": CANARY, "servicePort": 80}]
    return {"name": name, "match": {"paths": [f"/{name}"]}, "backends": backends}


PATH = {
    "path": "/",
    "pathType": "Prefix",
    "backend": {"service": {"name": "web-root", "port": {"name": "use-annotation"}}},
}
ROUTERS = {
    "traefik": Router(
        resource("traefik.io/v1alpha1", "TraefikService"),
        {"traefik": {"weightedTraefikServiceName": "web"}},
        {"weighted": {"services": [{"name": STABLE, "port": 80}, {"name": CANARY, "port": 80}], "sticky": {}}},
        lambda obj: by_name(obj["spec"]["weighted"]["services"], "name"),
    ),
    "smi": Router(
        resource("split.smi-spec.io/v1alpha4", "TrafficSplit"),
        {"smi": {"rootService": "web-root", "trafficSplitName": "web"}},
        {},
        lambda obj: by_name(obj["spec"]["backends"], "service"),
    ),
    "apisix": Router(
        resource("apisix.apache.org/v2", "ApisixRoute"),
        {"apisix": {"route": {"name": "web", "rules": ["one"]}}},
        {"http": [rule("other"), rule("one")]},
        lambda obj: by_name(obj["spec"]["http"][1]["backends"], "serviceName"),
    ),
    "alb": Router(
        resource("networking.k8s.io/v1", "Ingress", plural="ingresses"),
        {"alb": {"ingress": "web", "rootService": "web-root", "servicePort": 443}},
        {"ingressClassName": "alb", "rules": [{"http": {"paths": [PATH]}}]},
        of_action,
    ),
    "ambassador": Router(
        resource("getambassador.io/v3alpha1", "Mapping"),
        {"ambassador": {"mappings": ["web"]}},
        {"prefix": "/web/", "service": "web-stable:8080"},
        of_mapping,
        name="web-canary",
    ),
}


@pytest.mark.parametrize("router", ROUTERS.values(), ids=ROUTERS)
async def test_the_weights_of_a_release_and_of_an_abort(router: Router) -> None:
    async def weights(world: Stage) -> Pair:
        return router.read(await world.cluster.get(router.kind, NAMESPACE_NAME, router.name) or {})

    async with stage() as world, world.controller():
        if router.kind.kind != "Ingress":
            await serve(world, router.kind.api_version, router.kind.kind, router.kind.plural)
        if router.spec:
            metadata = {"name": "web", "namespace": NAMESPACE_NAME, "annotations": {"theirs": "stays"}}
            obj = {"apiVersion": router.kind.api_version, "kind": router.kind.kind, "metadata": metadata}
            await world.put(router.kind, {**obj, "spec": router.spec})
        await deploy(world, router.routing)
        await release(world, weights)
        await abort(world, weights)
        left = await world.get(router.kind, "web")
        if router.spec:
            assert left["metadata"]["annotations"]["theirs"] == "stays"
            assert left["spec"].keys() == router.spec.keys()
        else:
            assert left["metadata"]["ownerReferences"][0]["name"] == "web"


async def test_a_header_gets_a_route_of_apisix_of_its_own() -> None:
    router = ROUTERS["apisix"]
    match = [{"headerName": "x-beta", "headerValue": {"prefix": "ye."}}]
    steps: list[dict[str, Any]] = [
        {"setCanaryScale": {"replicas": 1}},
        {"setHeaderRoute": {"name": "beta", "match": match}},
        {"pause": {}},
    ]
    async with stage() as world, world.controller():
        await serve(world, router.kind.api_version, router.kind.kind, router.kind.plural)
        metadata = {"name": "web", "namespace": NAMESPACE_NAME}
        obj = {"apiVersion": router.kind.api_version, "kind": router.kind.kind, "metadata": metadata}
        await world.put(router.kind, {**obj, "spec": router.spec})
        await deploy(world, {**router.routing, "managedRoutes": [{"name": "beta"}]}, steps)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        (own,) = (await world.get(router.kind, "beta"))["spec"]["http"]
        assert (own["priority"], [entry["serviceName"] for entry in own["backends"]]) == (1, [CANARY])
        subject = {"scope": "Header", "name": "x-beta"}
        assert own["match"]["exprs"] == [{"subject": subject, "op": "RegexMatch", "value": "^ye\\..*"}]
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        await world.clock.sleep(2)
        assert await world.cluster.get(router.kind, NAMESPACE_NAME, "beta") is None


@pytest.mark.parametrize(
    ("routing", "more", "reason"),
    [
        ({"plugins": {"example/other": {}}}, {}, "plugin example/other is not served"),
        ({"plugins": {"argoproj-labs/gatewayAPI": {"httpRouteSelector": {}}}}, {}, "httpRouteSelector"),
        ({"nginx": {"stableIngress": "web"}}, {"pingPong": {"pingService": STABLE, "pongService": CANARY}}, "pingPong"),
    ],
)
async def test_what_a_router_cannot_do_is_refused_before_anything_happens(
    routing: dict[str, Any], more: dict[str, Any], reason: str
) -> None:
    async with stage() as world, world.controller():
        ingress = ROUTERS["alb"]
        obj = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": ingress.spec}
        await world.put(ingress.kind, {**obj, "metadata": {"name": "web", "namespace": NAMESPACE_NAME}})
        for name in (STABLE, CANARY):
            await world.put(SERVICE, service_object(name))
        services = {} if more else {"canaryService": CANARY, "stableService": STABLE}
        await world.put(ROLLOUT, rollout_object({"canary": {**services, **more, "trafficRouting": routing}}))
        found = await world.until_phase("Degraded")
        assert reason in found.status.message
        assert await world.sets() == {}
