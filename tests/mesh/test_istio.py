"""A release whose traffic Istio shares, measured at the gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.mesh.gateways import GATEWAY, NAMESPACE
from tests.mesh.mesh import Mesh
from tests.mesh.releases import (
    REQUESTS,
    Release,
    assert_an_abort_brings_all_traffic_back,
    assert_share,
    assert_stable_pods_come_back,
    assert_stable_pods_follow_the_traffic,
    released,
)
from tests.mesh.visitors import COUNTED, SITE
from tests.unit.controllers.rollout.harness import service_object, stage
from tests.unit.controllers.rollout.routed import STEPS

pytestmark = [pytest.mark.mesh, pytest.mark.real_time, pytest.mark.timeout(180), pytest.mark.xdist_group("mesh")]

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


@asynccontextmanager
async def released_by_istio(
    mesh: Mesh, strategy: dict[str, Any], *objects: dict[str, Any], replicas: int = 5
) -> AsyncIterator[Release]:
    async with stage() as world, released(world, mesh, strategy, objects or BY_HOST, replicas) as release:
        yield release


@pytest.mark.parametrize(
    ("strategy", "objects"), [(by_host(), BY_HOST), (by_subset(), BY_SUBSET)], ids=["hosts", "subsets"]
)
async def test_every_step_shares_the_traffic_as_it_says_and_no_request_fails(
    mesh: Mesh, strategy: dict[str, Any], objects: tuple[dict[str, Any], ...]
) -> None:
    async with released_by_istio(mesh, strategy, *objects) as release:
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
    async with released_by_istio(mesh, strategy, *objects) as release:
        await assert_an_abort_brings_all_traffic_back(release)


async def test_stable_pods_that_follow_the_traffic_are_missed_by_nobody(mesh: Mesh) -> None:
    async with released_by_istio(mesh, FOLLOWED, replicas=10) as release:
        await assert_stable_pods_follow_the_traffic(release)


async def test_an_abort_of_stable_pods_that_followed_the_traffic_is_missed_by_nobody(mesh: Mesh) -> None:
    async with released_by_istio(mesh, FOLLOWED, replicas=10) as release:
        await assert_stable_pods_come_back(release)


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
    async with released_by_istio(mesh, with_managed(steps, "beta")) as release:
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
    async with released_by_istio(mesh, with_managed(steps, "copy")) as release:
        await release.until_step(2)
        await release.until_routes("copy", "primary")
        assert set(await release.visitors.count(REQUESTS)) == {"web:1"}
        await asyncio.sleep(0.5)  # mirrored requests are sent beside the answers that were waited for
        # The new version has no share of the answers, so that all it is asked are copies.
        assert_share(release.pods.asked["web:2", COUNTED], REQUESTS, 30)
        assert release.pods.asked["web:2", "/"] == 0
        await release.world.status({"abort": True})
        await release.until_routes("primary")


def with_managed(steps: Sequence[Any], *names: str) -> dict[str, Any]:
    """A strategy whose router has routes of our own beside those of a person."""
    strategy = by_host(steps=list(steps))["canary"]
    routing = {**strategy["trafficRouting"], "managedRoutes": [{"name": name} for name in names]}
    return {"canary": {**strategy, "trafficRouting": routing}}
