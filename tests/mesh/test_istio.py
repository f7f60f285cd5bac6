"""A release whose traffic Istio shares, measured at the gateway."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from holdfast.testing.builders import resource
from tests.mesh.mesh import GATEWAY, NAMESPACE, Mesh
from tests.mesh.pods import Pods
from tests.mesh.registry import joined
from tests.mesh.visitors import COUNTED, SITE, Visitors, visitors
from tests.mesh.waiting import until
from tests.unit.controllers.rollout.harness import (
    ROLLOUT,
    Stage,
    rollout_object,
    service_object,
    stage,
)

pytestmark = [pytest.mark.mesh, pytest.mark.real_time, pytest.mark.timeout(180), pytest.mark.xdist_group("mesh")]

REQUESTS = 1000
# A fair split is further away than this once in 300,000 counts.
DEVIATIONS = 4.5
STEPS: list[dict[str, Any]] = [
    {"setWeight": 10},
    {"pause": {}},
    {"setWeight": 30},
    {"pause": {}},
    {"setWeight": 100},
    {"pause": {}},
]
SOON = {"scaleDownDelaySeconds": 1, "abortScaleDownDelaySeconds": 1}


def by_host(**more: Any) -> dict[str, Any]:
    """The strategy of a Rollout with a canary and a stable service."""
    routing = {"istio": {"virtualService": {"name": "web", "routes": ["primary"]}}}
    services = {"canaryService": "web-canary", "stableService": "web-stable"}
    chosen = {**services, "steps": STEPS, "trafficRouting": routing, **SOON, **more}
    return {"canary": {name: value for name, value in chosen.items() if value is not None}}


def by_subset(**more: Any) -> dict[str, Any]:
    """The strategy of a Rollout with one service, of whose pods a DestinationRule makes two subsets."""
    rule = {"name": "web", "canarySubsetName": "canary", "stableSubsetName": "stable"}
    routing = {"istio": {"virtualService": {"name": "web", "routes": ["primary"]}, "destinationRule": rule}}
    return {"canary": {"steps": STEPS, "trafficRouting": routing, **SOON, **more}}


def destination_rule(*subsets: str) -> dict[str, Any]:
    """As a person writes it: each subset is all pods, until a Rollout says more."""
    spec = {"host": "web", "subsets": [{"name": name, "labels": {"app": "web"}} for name in subsets]}
    metadata = {"name": "web", "namespace": NAMESPACE}
    return {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": metadata, "spec": spec}


def virtual_service(*destinations: dict[str, str]) -> dict[str, Any]:
    """As a person writes it: all traffic to the first."""
    weighted = [{"destination": one, "weight": 0 if index else 100} for index, one in enumerate(destinations)]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"hosts": [SITE], "gateways": [GATEWAY], "http": [{"name": "primary", "route": weighted}]},
    }


BY_HOST = (
    service_object("web-stable"),
    service_object("web-canary"),
    virtual_service({"host": "web-stable"}, {"host": "web-canary"}),
)
BY_SUBSET = (
    service_object("web"),
    destination_rule("stable", "canary"),
    virtual_service({"host": "web", "subset": "stable"}, {"host": "web", "subset": "canary"}),
)


FOLLOWED = by_host(dynamicStableScale=True, scaleDownDelaySeconds=None)


class Release:
    """One Rollout on its way, with its traffic."""

    def __init__(self, world: Stage, mesh: Mesh, pods: Pods, visitors: Visitors) -> None:
        self.world = world
        self.mesh = mesh
        self.pods = pods
        self.visitors = visitors

    async def until_step(self, index: int) -> None:
        await self.world.until(lambda it: it.status.phase == "Paused" and it.status.current_step_index == index, 60)

    async def go_on(self) -> None:
        await self.world.status({"pauseConditions": None})

    async def until_envoy_has(self, stable: int, canary: int) -> None:
        """What the Rollout wants has come to the gateway; what that does to traffic is counted after."""

        async def has() -> bool:
            found = await asyncio.to_thread(self.mesh.weights, SITE)
            return {name.removeprefix("web-"): weight for name, weight in found.items()} == expected

        expected = {name: weight for name, weight in (("stable", stable), ("canary", canary)) if weight}

        await until(has, f"Envoy has the weights {stable} and {canary}")

    async def until_pods(self, expected: dict[str, int]) -> None:
        async def are_there() -> bool:
            return await self.world.pods() == expected

        await until(are_there, f"the pods {expected}")

    async def assert_shares(self, weight: int, old: str = "web:1", new: str = "web:2") -> None:
        """The new version has its share of the traffic, as far as chance allows."""
        await self.until_envoy_has(100 - weight, weight)
        found = await self.visitors.count(REQUESTS)
        assert found[old] + found[new] == REQUESTS
        assert_share(found[new], REQUESTS, weight)

    async def until_routes(self, *names: str) -> None:
        """The gateway has these routes and no others, in this order."""

        async def has() -> bool:
            return await asyncio.to_thread(self.mesh.routes, SITE) == list(names)

        await until(has, f"Envoy has the routes {names}")


@asynccontextmanager
async def released(
    mesh: Mesh, strategy: dict[str, Any], *objects: dict[str, Any], replicas: int = 5
) -> AsyncIterator[Release]:
    """The first version is everywhere, visitors come, and the second has been asked for. No visitor may ever fail."""
    async with stage() as world, world.controller(), joined(world.cluster, mesh) as pods:
        for obj in objects or BY_HOST:
            await world.put(resource(obj["apiVersion"], obj["kind"]), obj)
        await world.put(ROLLOUT, rollout_object(strategy, replicas=replicas))
        await world.until_phase("Healthy", 60)
        async with visitors(mesh.url) as them:
            assert set(await them.count(50)) == {"web:1"}
            await world.set_image("web:2")
            yield Release(world, mesh, pods, them)
            assert them.served
            assert them.failures == []


@pytest.mark.parametrize(
    ("strategy", "objects"), [(by_host(), BY_HOST), (by_subset(), BY_SUBSET)], ids=["hosts", "subsets"]
)
async def test_every_step_shares_the_traffic_as_it_says_and_no_request_fails(
    mesh: Mesh, strategy: dict[str, Any], objects: tuple[dict[str, Any], ...]
) -> None:
    async with released(mesh, strategy, *objects) as release:
        for index, weight in ((1, 10), (3, 30), (5, 100)):
            await release.until_step(index)
            await release.assert_shares(weight)
            await release.go_on()
        await release.world.until_phase("Healthy", 60)
        await release.until_envoy_has(100, 0)
        await release.until_pods({"web:2": 5})
        assert set(await release.visitors.count(REQUESTS)) == {"web:2"}


@pytest.mark.parametrize(
    ("strategy", "objects"), [(by_host(), BY_HOST), (by_subset(), BY_SUBSET)], ids=["hosts", "subsets"]
)
async def test_an_abort_brings_all_traffic_back(
    mesh: Mesh, strategy: dict[str, Any], objects: tuple[dict[str, Any], ...]
) -> None:
    async with released(mesh, strategy, *objects) as release:
        await release.until_step(1)
        await release.go_on()
        await release.until_step(3)
        await release.assert_shares(30)
        await release.world.status({"abort": True})
        await release.until_envoy_has(100, 0)
        assert set(await release.visitors.count(REQUESTS)) == {"web:1"}
        await release.until_pods({"web:1": 5})
        assert set(await release.visitors.count(REQUESTS)) == {"web:1"}


async def test_stable_pods_that_follow_the_traffic_are_missed_by_nobody(mesh: Mesh) -> None:
    async with released(mesh, FOLLOWED, replicas=10) as release:
        for index, weight in ((1, 10), (3, 30), (5, 100)):
            await release.until_step(index)
            await release.until_pods(serving(old=10 - weight // 10, new=weight // 10))
            await release.assert_shares(weight)
            await release.go_on()
        await release.world.until_phase("Healthy", 60)
        await release.until_envoy_has(100, 0)
        assert set(await release.visitors.count(REQUESTS)) == {"web:2"}


async def test_an_abort_of_stable_pods_that_followed_the_traffic_is_missed_by_nobody(mesh: Mesh) -> None:
    async with released(mesh, FOLLOWED, replicas=10) as release:
        for index in (1, 3):
            await release.until_step(index)
            await release.go_on()
        await release.until_step(5)
        await release.until_pods(serving(new=10))
        await release.assert_shares(100)
        await release.world.status({"abort": True})
        await release.until_envoy_has(100, 0)
        await release.until_pods(serving(old=10))
        assert set(await release.visitors.count(REQUESTS)) == {"web:1"}


async def test_a_header_leads_to_the_new_version_alone_while_its_route_stands(mesh: Mesh) -> None:
    matches = [
        {"headerName": "x-beta", "headerValue": {"exact": "yes"}},
        {"headerName": "user-agent", "headerValue": {"regex": ".*Firefox.*"}},
    ]
    route = {"setHeaderRoute": {"name": "beta", "match": matches}}
    steps = [
        {"setCanaryScale": {"replicas": 1}},
        route,
        {"pause": {}},
        {"setHeaderRoute": {"name": "beta"}},
        {"pause": {}},
    ]
    async with released(mesh, with_managed(steps, "beta")) as release:
        await release.until_step(2)
        await release.until_routes("beta", "primary")
        assert set(await release.visitors.count(200, {"x-beta": "yes"})) == {"web:2"}
        assert set(await release.visitors.count(200, {"User-Agent": "Mozilla Firefox 200"})) == {"web:2"}
        assert set(await release.visitors.count(200, {"x-beta": "no"})) == {"web:1"}
        assert set(await release.visitors.count(200)) == {"web:1"}
        await release.go_on()
        await release.until_step(4)
        await release.until_routes("primary")
        assert set(await release.visitors.count(200, {"x-beta": "yes"})) == {"web:1"}


async def test_a_mirror_sees_its_part_of_what_matches_and_answers_nobody(mesh: Mesh) -> None:
    match = [{"method": {"exact": "GET"}, "path": {"prefix": COUNTED}}]
    route = {"setMirrorRoute": {"name": "copy", "percentage": 30, "match": match}}
    steps = [{"setCanaryScale": {"replicas": 1}}, route, {"pause": {}}]
    async with released(mesh, with_managed(steps, "copy")) as release:
        await release.until_step(2)
        await release.until_routes("copy", "primary")
        assert set(await release.visitors.count(REQUESTS)) == {"web:1"}
        await asyncio.sleep(0.5)  # mirrored requests are sent beside the answers that were waited for
        # The new version has no share of the answers, so that all it is asked are copies.
        assert_share(release.pods.asked["web:2", COUNTED], REQUESTS, 30)
        assert release.pods.asked["web:2", "/"] == 0
        await release.world.status({"abort": True})
        await release.until_routes("primary")


def serving(old: int = 0, new: int = 0) -> dict[str, int]:
    return {image: count for image, count in (("web:1", old), ("web:2", new)) if count}


def with_managed(steps: Sequence[Any], *names: str) -> dict[str, Any]:
    """A strategy whose router has routes of our own beside those of a person."""
    strategy = by_host(steps=list(steps))["canary"]
    routing = {**strategy["trafficRouting"], "managedRoutes": [{"name": name} for name in names]}
    return {"canary": {**strategy, "trafficRouting": routing}}


def assert_share(found: int, of: int, percent: int) -> None:
    """As far as chance allows."""
    expected = of * percent / 100
    margin = DEVIATIONS * math.sqrt(expected * (1 - percent / 100))
    assert abs(found - expected) <= margin, f"{found} of {of} at {percent} %"
