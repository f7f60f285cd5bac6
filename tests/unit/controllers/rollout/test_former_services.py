"""What becomes of Services when their Rollout is gone, or leads others."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject, annotations_of
from tests.unit.controllers.rollout.harness import (
    HASH_LABEL,
    NAMESPACE_NAME,
    ROLLOUT,
    SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)

MANAGED_BY = "argo-rollouts.argoproj.io/managed-by-rollouts"


def blue_green(preview: str = "web-preview") -> dict[str, Any]:
    return {"blueGreen": {"activeService": "web", "previewService": preview}}


async def deployed(world: Stage) -> None:
    for name in ("web", "web-preview", "web-next"):
        await world.put(SERVICE, service_object(name))
    await world.put(ROLLOUT, rollout_object(blue_green(), replicas=2))
    await world.until_phase("Healthy")


def is_free(service: KubeObject) -> bool:
    return service["spec"]["selector"] == {"app": "web"} and MANAGED_BY not in annotations_of(service)


async def free(world: Stage) -> list[str]:
    found = {name: await world.get(SERVICE, name) for name in ("web", "web-preview", "web-next")}
    return [name for name, service in found.items() if is_free(service)]


async def test_those_of_a_rollout_that_is_gone_select_as_before() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        assert await free(world) == ["web-next"]
        await world.cluster.delete(ROLLOUT, NAMESPACE_NAME, "web")
        await world.clock.sleep(10)
        assert await free(world) == ["web", "web-preview", "web-next"]


async def test_also_where_it_went_while_nobody_looked() -> None:
    async with stage() as world:
        async with world.controller():
            await deployed(world)
        await world.cluster.delete(ROLLOUT, NAMESPACE_NAME, "web")
        await world.clock.sleep(10)
        assert await free(world) == ["web-next"]
        async with world.controller():
            await world.clock.sleep(10)
            assert await free(world) == ["web", "web-preview", "web-next"]


async def test_a_rollout_of_another_name_takes_them_over() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        other = rollout_object(blue_green(), replicas=2, image="web:2")
        other["metadata"]["name"] = "shop"
        await world.put(ROLLOUT, other)
        await world.clock.sleep(10)
        refused = await world.rollout("shop")
        assert "managed by another Rollout" in refused.status.message
        await world.cluster.delete(ROLLOUT, NAMESPACE_NAME, "web")
        await world.until(lambda it: it.status.phase == "Healthy", name="shop")
        assert annotations_of(await world.get(SERVICE, "web"))[MANAGED_BY] == "shop"
        assert await world.selects("web") == "web:2"


async def test_one_that_is_not_named_any_more_is_given_back() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": blue_green("web-next")}})
        await world.clock.sleep(10)
        assert await free(world) == ["web-preview"]
        # While the next one is missing the one before stays.
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": blue_green("web-missing")}})
        await world.clock.sleep(10)
        assert await free(world) == ["web-preview"]
        # Nobody knows what a Rollout that makes no sense means.
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": {"canary": {}}}})
        await world.clock.sleep(10)
        assert await free(world) == ["web-preview"]
        assert HASH_LABEL in (await world.get(SERVICE, "web"))["spec"]["selector"]
