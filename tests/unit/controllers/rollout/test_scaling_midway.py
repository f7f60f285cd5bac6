"""An autoscaler works through the scale subresource while a canary is under way."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.controllers.rollout.harness import ROLLOUT, Stage, rollout_object, stage
from tests.unit.controllers.rollout.test_istio import deployed

STEPS: list[dict[str, Any]] = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {}}]


async def scale(world: Stage, replicas: int) -> None:
    await world.patch(ROLLOUT, "web", {"spec": {"replicas": replicas}}, subresource="scale")


async def never_too_few(world: Stage, seconds: int, least: int) -> None:
    for _ in range(seconds):
        assert sum((await world.pods()).values()) >= least
        await world.clock.sleep(1)


async def test_the_scale_subresource_tells_the_selector_and_all_pods() -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": STEPS}}, replicas=5))
        await world.until_phase("Healthy")
        await scale(world, 7)
        await world.until(lambda it: it.status.hpareplicas == 7)
        await world.clock.sleep(5)
        found = await world.rollout()
        assert (found.status.selector, found.spec.replicas) == ("app=web", 7)
        assert await world.pods() == {"web:1": 7}


@pytest.mark.parametrize(
    ("replicas", "expected"), [(20, {"web:1": 16, "web:2": 4}), (5, {"web:1": 4, "web:2": 1}), (1, {"web:1": 1})]
)
async def test_a_basic_canary_keeps_its_share(replicas: int, expected: dict[str, int]) -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": STEPS}}, replicas=10))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await scale(world, replicas)
        await never_too_few(world, 30, min(10, replicas) - max(1, replicas // 4))
        pods = await world.pods()
        # A canary of one replica has at least one pod of its own beside the stable one.
        assert pods.get("web:1") == expected["web:1"]
        assert pods.get("web:2", 0) in (expected.get("web:2", 0), 1 if replicas == 1 else -1)
        assert (await world.rollout()).status.current_step_index == 1


async def test_a_routed_canary_never_gets_more_than_its_pods_carry() -> None:
    async with stage() as world, world.controller():
        await deployed(world, steps=STEPS, replicas=5)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        assert await world.weights() == (80, 20)
        await scale(world, 20)
        for _ in range(40):
            await world.clock.sleep(0.5)
            pods, (_, canary) = await world.pods(), await world.weights()
            assert canary <= 20
            assert pods["web:2"] >= 1
        assert await world.pods() == {"web:1": 20, "web:2": 4}
        assert await world.weights() == (80, 20)
        await scale(world, 0)
        await world.clock.sleep(10)
        await scale(world, 10)
        await world.clock.sleep(30)
        assert await world.pods() == {"web:1": 10, "web:2": 2}
        assert await world.weights() == (80, 20)


async def test_with_dynamic_stable_scale_both_sides_follow() -> None:
    async with stage() as world, world.controller():
        await deployed(world, steps=STEPS, replicas=10, dynamicStableScale=True)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.clock.sleep(10)
        assert await world.pods() == {"web:1": 8, "web:2": 2}
        await scale(world, 20)
        await never_too_few(world, 30, 10)
        assert await world.pods() == {"web:1": 16, "web:2": 4}
        await scale(world, 5)
        await never_too_few(world, 30, 5)
        assert await world.pods() == {"web:1": 4, "web:2": 1}
        await world.status({"pauseConditions": None})
        await world.until(lambda it: it.status.current_step_index == 3)
        await never_too_few(world, 20, 5)
        assert await world.pods() == {"web:1": 2, "web:2": 3}


async def test_a_release_that_is_scaled_at_every_step_still_ends() -> None:
    steps: list[dict[str, Any]] = [{"setWeight": 20}, {"pause": {"duration": 10}}, {"setWeight": 60}]
    async with stage() as world, world.controller():
        await deployed(world, steps=steps, replicas=4)
        await world.set_image("web:2")
        for replicas in (8, 3, 6, 2, 9):
            await world.clock.sleep(4)
            await scale(world, replicas)
        await world.until_phase("Healthy")
        await world.clock.sleep(45)
        assert await world.pods() == {"web:2": 9}
        assert await world.weights() == (100, 0)
