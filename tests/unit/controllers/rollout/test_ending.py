"""Releases that end Healthy where counts and steps are unusual."""

from __future__ import annotations

from typing import Any

from tests.unit.controllers.rollout.harness import ROLLOUT, rollout_object, stage
from tests.unit.controllers.rollout.test_istio import deployed

STEPS: list[dict[str, Any]] = [{"setWeight": 50}, {"pause": {"duration": 5}}]


async def test_more_pods_in_a_set_than_replicas() -> None:
    async with stage() as world, world.controller():
        await deployed(world, replicas=1, steps=STEPS, minPodsPerReplicaSet=2)
        await world.set_image("web:2")
        await world.until(lambda it: it.status.current_step_index == 1)
        await world.until_phase("Healthy")
        await world.clock.sleep(60)
        assert await world.pods() == {"web:2": 1}


async def test_steps_for_a_rollout_that_had_none() -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object({"canary": {}}, replicas=2, progressDeadlineSeconds=30))
        await world.until_phase("Healthy")
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": {"canary": {"steps": STEPS}}}})
        await world.clock.sleep(120)
        found = (await world.rollout()).status
        assert (found.phase, found.current_step_index) == ("Healthy", 2)


async def test_the_way_back_to_the_stable_pods_has_no_more_pods_than_the_surge_allows() -> None:
    async with stage() as world, world.controller():
        strategy = {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 80}, {"pause": {}}]}}
        await world.put(ROLLOUT, rollout_object(strategy, replicas=5))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.set_image("web:1")
        for _ in range(60):
            assert sum((await world.sets()).values()) <= 6
            await world.clock.sleep(0.2)
        await world.until_phase("Healthy")
        assert await world.pods() == {"web:1": 5}
