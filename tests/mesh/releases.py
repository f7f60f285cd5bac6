"""One release that a router shares the traffic of, with the visitors who are counted."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.mesh.mesh import Mesh
from tests.mesh.pods import Pods
from tests.mesh.registry import joined
from tests.mesh.visitors import SITE, Visitors, visitors
from tests.mesh.waiting import until
from tests.unit.controllers.rollout.harness import ROLLOUT, Stage, rollout_object

REQUESTS: Final = 1000
# A fair split is further away than this once in 300,000 counts.
DEVIATIONS: Final = 4.5


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

    async def until_answers(self, image: str, headers: Mapping[str, str]) -> None:
        """A request with these headers comes to this image."""

        async def does() -> bool:
            return (await self.visitors.visit(headers=headers))[1] == image

        await until(does, f"{image} answers a request with {dict(headers)}")


async def assert_an_abort_brings_all_traffic_back(release: Release) -> None:
    """At 30 percent of five pods."""
    await release.until_step(1)
    await release.go_on()
    await release.until_step(3)
    await release.assert_shares(30)
    await release.world.status({"abort": True})
    await release.until_envoy_has(100, 0)
    assert set(await release.visitors.count(REQUESTS)) == {"web:1"}
    await release.until_pods(serving(old=5))
    assert set(await release.visitors.count(REQUESTS)) == {"web:1"}


async def assert_stable_pods_follow_the_traffic(release: Release) -> None:
    """To the end, with ten pods."""
    for index, weight in ((1, 10), (3, 30), (5, 100)):
        await release.until_step(index)
        await release.until_pods(serving(old=10 - weight // 10, new=weight // 10))
        await release.assert_shares(weight)
        await release.go_on()
    await release.world.until_phase("Healthy", 60)
    await release.until_envoy_has(100, 0)
    assert set(await release.visitors.count(REQUESTS)) == {"web:2"}


async def assert_stable_pods_come_back(release: Release) -> None:
    """By an abort when none of the ten is left."""
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


@asynccontextmanager
async def released(
    world: Stage, mesh: Mesh, strategy: dict[str, Any], objects: Iterable[KubeObject], replicas: int = 5
) -> AsyncIterator[Release]:
    """The first version is everywhere, visitors come, and the second has been asked for. No visitor may ever fail."""
    async with world.controller(), joined(world.cluster, mesh) as pods:
        for obj in objects:
            await world.put(resource(obj["apiVersion"], obj["kind"]), obj)
        await world.put(ROLLOUT, rollout_object(strategy, replicas=replicas))
        await world.until_phase("Healthy", 60)
        async with visitors(mesh.url) as them:
            assert set(await them.count(50)) == {"web:1"}
            await world.set_image("web:2")
            yield Release(world, mesh, pods, them)
            assert them.served
            assert them.failures == []


def serving(old: int = 0, new: int = 0) -> dict[str, int]:
    return {image: count for image, count in (("web:1", old), ("web:2", new)) if count}


def assert_share(found: int, of: int, percent: int) -> None:
    """As far as chance allows."""
    expected = of * percent / 100
    margin = DEVIATIONS * math.sqrt(expected * (1 - percent / 100))
    assert abs(found - expected) <= margin, f"{found} of {of} at {percent} %"
