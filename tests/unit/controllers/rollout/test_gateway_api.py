"""A canary whose traffic routes of the Gateway API share."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, Stage, stage
from tests.unit.controllers.rollout.routed import abort, deploy, release, serve

HTTP = resource("gateway.networking.k8s.io/v1", "HTTPRoute")
GRPC = resource("gateway.networking.k8s.io/v1", "GRPCRoute")
PLUGIN = "argoproj-labs/gatewayAPI"


def route_object(kind: str) -> KubeObject:
    backends = [{"name": "web-stable", "port": 80}, {"name": "web-canary", "port": 80, "weight": 0}]
    rule = {"matches": [{"path": {"type": "PathPrefix", "value": "/"}}], "backendRefs": backends}
    other = {"matches": [{"path": {"type": "Exact", "value": "/old"}}], "backendRefs": [{"name": "old", "port": 80}]}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": "web", "namespace": NAMESPACE_NAME},
        "spec": {"hostnames": ["shop.example.com"], "rules": [other, rule]},
    }


def shares(obj: KubeObject) -> tuple[int, int]:
    found = {backend["name"]: backend["weight"] for backend in obj["spec"]["rules"][1]["backendRefs"]}
    return found["web-stable"], found["web-canary"]


async def http_weights(world: Stage) -> tuple[int, int]:
    return shares(await world.get(HTTP, "web"))


async def both_weights(world: Stage) -> tuple[int, int]:
    found = await http_weights(world)
    assert shares(await world.get(GRPC, "web")) == found
    return found


async def test_an_http_route_shares_the_traffic_of_a_release() -> None:
    async with stage() as world, world.controller():
        await serve(world, HTTP.api_version, "HTTPRoute", "httproutes")
        await world.put(HTTP, route_object("HTTPRoute"))
        await deploy(world, {"plugins": {PLUGIN: {"httpRoute": "web", "namespace": NAMESPACE_NAME}}})
        await release(world, http_weights)
        await abort(world, http_weights)
        left, before = await world.get(HTTP, "web"), route_object("HTTPRoute")
        assert left["spec"]["rules"][0] == before["spec"]["rules"][0]
        assert left["spec"]["hostnames"] == before["spec"]["hostnames"]


async def test_http_and_grpc_routes_together() -> None:
    routing: dict[str, Any] = {"httpRoutes": [{"name": "web"}], "grpcRoutes": [{"name": "web"}]}
    async with stage() as world, world.controller():
        await serve(world, HTTP.api_version, "HTTPRoute", "httproutes")
        await serve(world, GRPC.api_version, "GRPCRoute", "grpcroutes")
        await world.put(HTTP, route_object("HTTPRoute"))
        await world.put(GRPC, route_object("GRPCRoute"))
        await deploy(world, {"plugins": {PLUGIN: routing}})
        await release(world, both_weights)
        await abort(world, both_weights)


async def test_a_header_leads_to_the_canary_and_is_taken_away_again() -> None:
    match = [{"headerName": "x-beta", "headerValue": {"exact": "yes"}}]
    steps: list[dict[str, Any]] = [
        {"setCanaryScale": {"replicas": 1}},
        {"setHeaderRoute": {"name": "beta", "match": match}},
        {"pause": {}},
    ]
    routing = {"plugins": {PLUGIN: {"httpRoute": "web"}}, "managedRoutes": [{"name": "beta"}]}
    async with stage() as world, world.controller():
        await serve(world, HTTP.api_version, "HTTPRoute", "httproutes")
        await world.put(HTTP, route_object("HTTPRoute"))
        await deploy(world, routing, steps)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        rules = (await world.get(HTTP, "web"))["spec"]["rules"]
        assert rules[2]["backendRefs"] == [{"name": "web-canary", "port": 80, "weight": 1}]
        header = {"name": "x-beta", "type": "Exact", "value": "yes"}
        assert rules[2]["matches"] == [{"path": {"type": "PathPrefix", "value": "/"}, "headers": [header]}]
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        await world.clock.sleep(2)
        left = await world.get(HTTP, "web")
        assert len(left["spec"]["rules"]) == 2
        assert "annotations" not in left["metadata"] or not left["metadata"]["annotations"]


async def gateway_says(world: Stage, status: str = "True") -> None:
    obj = await world.get(HTTP, "web")
    word = {"type": "Accepted", "status": status, "observedGeneration": obj["metadata"]["generation"]}
    left = {"type": "Accepted", "status": "True", "observedGeneration": 1}
    parents = [
        {"parentRef": {"name": "gateway"}, "controllerName": "example.com/one", "conditions": [word]},
        {"parentRef": {"name": "removed"}, "controllerName": "example.com/two", "conditions": [left]},
    ]
    await world.patch(HTTP, "web", {"status": {"parents": parents}}, subresource="status")


async def test_a_step_waits_until_the_gateway_has_taken_the_weights() -> None:
    async with stage() as world, world.controller():
        await serve(world, HTTP.api_version, "HTTPRoute", "httproutes")
        obj = route_object("HTTPRoute")
        await world.put(HTTP, {**obj, "spec": {**obj["spec"], "parentRefs": [{"name": "gateway"}]}})
        await deploy(world, {"plugins": {PLUGIN: {"httpRoute": "web"}}})
        await gateway_says(world)
        await world.set_image("web:2")
        await world.clock.sleep(30)
        assert await http_weights(world) == (90, 10)
        waiting = await world.rollout()
        assert waiting.status.current_step_index == 0
        assert waiting.status.canary.weights is not None
        assert waiting.status.canary.weights.verified is False
        await gateway_says(world, "False")
        await world.clock.sleep(30)
        assert (await world.rollout()).status.current_step_index == 0
        await gateway_says(world)
        found = await world.until_phase("Paused")
        assert found.status.current_step_index == 1
        assert found.status.canary.weights is not None
        assert found.status.canary.weights.verified is True
