"""A release whose traffic Istio shares, measured at the gateway."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.mesh.mesh import GATEWAY, NAMESPACE, Mesh
from tests.mesh.pods import Pods
from tests.mesh.registry import joined
from tests.mesh.visitors import SITE, Visitors, visitors
from tests.mesh.waiting import until
from tests.unit.controllers.rollout.harness import (
    ROLLOUT,
    SERVICE,
    VIRTUAL_SERVICE,
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
    return {"canary": {**services, "steps": STEPS, "trafficRouting": routing, **SOON, **more}}


def virtual_service(*destinations: dict[str, str]) -> dict[str, Any]:
    """As a person writes it: all traffic to the first."""
    weighted = [{"destination": one, "weight": 0 if index else 100} for index, one in enumerate(destinations)]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"hosts": [SITE], "gateways": [GATEWAY], "http": [{"name": "primary", "route": weighted}]},
    }


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
            return list((await asyncio.to_thread(self.mesh.weights, SITE)).values()) == [stable, canary]

        await until(has, f"Envoy has the weights {stable} and {canary}")

    async def until_pods(self, expected: dict[str, int]) -> None:
        async def are_there() -> bool:
            return await self.world.pods() == expected

        await until(are_there, f"the pods {expected}")

    async def assert_shares(self, weight: int, old: str = "web:1", new: str = "web:2") -> None:
        """The new version has its share of the traffic, as far as chance allows."""
        await self.until_envoy_has(100 - weight, weight)
        found = await self.visitors.count(REQUESTS)
        share = weight / 100
        margin = DEVIATIONS * math.sqrt(REQUESTS * share * (1 - share))
        assert found[old] + found[new] == REQUESTS
        assert abs(found[new] - REQUESTS * share) <= margin, f"{found} at a weight of {weight}"


@asynccontextmanager
async def released(mesh: Mesh, strategy: dict[str, Any]) -> AsyncIterator[Release]:
    """The first version is everywhere, visitors come, and the second has been asked for. No visitor may ever fail."""
    async with stage() as world, world.controller(), joined(world.cluster, mesh) as pods:
        for name in ("web-stable", "web-canary"):
            await world.put(SERVICE, service_object(name))
        await world.put(VIRTUAL_SERVICE, virtual_service({"host": "web-stable"}, {"host": "web-canary"}))
        await world.put(ROLLOUT, rollout_object(strategy, replicas=5))
        await world.until_phase("Healthy", 60)
        async with visitors(mesh.url) as them:
            assert set(await them.count(50)) == {"web:1"}
            await world.set_image("web:2")
            yield Release(world, mesh, pods, them)
            assert them.served
            assert them.failures == []


async def test_every_step_shares_the_traffic_as_it_says_and_no_request_fails(mesh: Mesh) -> None:
    async with released(mesh, by_host()) as release:
        for index, weight in ((1, 10), (3, 30), (5, 100)):
            await release.until_step(index)
            await release.assert_shares(weight)
            await release.go_on()
        await release.world.until_phase("Healthy", 60)
        await release.until_envoy_has(100, 0)
        await release.until_pods({"web:2": 5})
        assert set(await release.visitors.count(REQUESTS)) == {"web:2"}


async def test_an_abort_brings_all_traffic_back(mesh: Mesh) -> None:
    async with released(mesh, by_host()) as release:
        await release.until_step(1)
        await release.go_on()
        await release.until_step(3)
        await release.assert_shares(30)
        await release.world.status({"abort": True})
        await release.until_envoy_has(100, 0)
        assert set(await release.visitors.count(REQUESTS)) == {"web:1"}
        await release.until_pods({"web:1": 5})
        assert set(await release.visitors.count(REQUESTS)) == {"web:1"}
