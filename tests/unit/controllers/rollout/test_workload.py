"""A Rollout that takes its pods from a Deployment, and a way back within the window."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.controllers.rollout.harness import DEPLOYMENT, NAMESPACE_NAME, ROLLOUT, Stage, rollout_object, stage

POD_TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1"}]},
}


async def borrowed(world: Stage, scale_down: str) -> None:
    """A Deployment of 4 pods, and a Rollout of 4 that takes over."""
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": NAMESPACE_NAME},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "web"}}, "template": POD_TEMPLATE},
    }
    await world.put(DEPLOYMENT, deployment)
    await world.clock.sleep(20)
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "scaleDown": scale_down}
    obj = rollout_object({"canary": {}}, replicas=4, workloadRef=reference)
    del obj["spec"]["template"], obj["spec"]["selector"]
    await world.put(ROLLOUT, obj)


@pytest.mark.parametrize(("mode", "left"), [("never", 4), ("onsuccess", 0), ("progressively", 0)])
async def test_the_workload_is_scaled_down_as_it_was_asked(mode: str, left: int) -> None:
    async with stage() as world, world.controller():
        await borrowed(world, mode)
        fewest = 4
        while await world.sets() != {"web:1": 4} or (await world.rollout()).status.phase != "Healthy":
            fewest = min(fewest, (await world.pods()).get("web:1", 0))
            await world.clock.sleep(0.5)
        await world.clock.sleep(20)
        assert (await world.get(DEPLOYMENT, "web"))["spec"]["replicas"] == left
        assert await world.pods() == {"web:1": 4 + left}
        assert fewest >= 4, "fewer pods served while the Rollout took over"


@pytest.mark.parametrize(("revisions", "skips"), [(1, True), (0, False)])
async def test_a_way_back_within_the_window_takes_no_steps(revisions: int, skips: bool) -> None:
    strategy: dict[str, Any] = {"canary": {"steps": [{"setWeight": 50}, {"pause": {"duration": 600}}]}}
    window: dict[str, Any] = {"rollbackWindow": {"revisions": revisions}} if revisions else {}
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object(strategy, replicas=2, **window))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Healthy", 700)
        await world.set_image("web:1")
        found = await world.until(
            lambda it: it.status.phase in ("Healthy", "Paused") and it.status.updated_replicas > 0
        )
        found = await world.until_phase("Healthy" if skips else "Paused")
        assert found.status.current_step_index == (2 if skips else 1)


async def test_a_way_back_within_the_window_is_recognised_in_the_template_of_a_deployment() -> None:
    async with stage() as world, world.controller():
        await borrowed(world, "onsuccess")
        steps = [{"setWeight": 50}, {"pause": {"duration": 300}}]
        change = {"rollbackWindow": {"revisions": 1}, "strategy": {"canary": {"steps": steps}}}
        await world.patch(ROLLOUT, "web", {"spec": change})
        await world.until_phase("Healthy")
        for image, seconds in (("web:2", 700), ("web:1", 120)):
            container = {"name": "web", "image": image}
            await world.patch(DEPLOYMENT, "web", {"spec": {"template": {"spec": {"containers": [container]}}}})
            await world.until(lambda it: it.status.phase != "Healthy")
            await world.until_phase("Healthy", seconds)
            assert await world.pods() == {image: 4}
