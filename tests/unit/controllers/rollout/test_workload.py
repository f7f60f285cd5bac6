"""A Rollout that takes its pods from a Deployment, and a way back within the window."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.cli.rollout import lenders, rollouts
from holdfast.engine.rollout import requests
from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject
from tests.unit.controllers.rollout.harness import (
    DEPLOYMENT,
    NAMESPACE_NAME,
    REPLICA_SET,
    ROLLOUT,
    Stage,
    rollout_object,
    stage,
)

POD_TEMPLATE = {
    "metadata": {"labels": {"app": "web"}},
    "spec": {"containers": [{"name": "web", "image": "web:1"}]},
}


async def borrowed(world: Stage, scale_down: str, kind: ResourceType = DEPLOYMENT) -> None:
    """A Deployment, or another kind, of 4 pods, and a Rollout of 4 that takes over."""
    deployment = {
        "apiVersion": "apps/v1",
        "kind": kind.kind,
        "metadata": {"name": "web", "namespace": NAMESPACE_NAME},
        "spec": {"replicas": 4, "selector": {"matchLabels": {"app": "web"}}, "template": POD_TEMPLATE},
    }
    await world.put(kind, deployment)
    await world.clock.sleep(20)
    reference = {"apiVersion": "apps/v1", "kind": kind.kind, "name": "web", "scaleDown": scale_down}
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


async def test_a_replica_set_that_nobody_owns_lends_its_template() -> None:
    async with stage() as world, world.controller():
        await borrowed(world, "onsuccess", REPLICA_SET)
        await world.until_phase("Healthy")
        await world.clock.sleep(20)
        assert (await world.get(REPLICA_SET, "web"))["spec"]["replicas"] == 0
        assert await world.pods() == {"web:1": 4}


async def test_the_commands_change_the_template_where_it_stands() -> None:
    def image(obj: KubeObject) -> str:
        return str(obj["spec"]["template"]["spec"]["containers"][0]["image"])

    async with stage() as world, world.controller():
        await borrowed(world, "never")
        found = await world.until_phase("Healthy")
        place = await lenders.find(world.cluster, found)
        asked = requests.set_images(found, place.template, {"*": "web:2"})
        assert asked.template is not None
        await lenders.change(world.cluster, place, asked.template)
        assert image(await world.get(DEPLOYMENT, "web")) == "web:2"
        found = await world.until(lambda it: it.metadata.annotations.get("rollout.argoproj.io/revision") == "2")
        _, template = requests.undo(found, await rollouts.sets_of(world.cluster, found))
        await lenders.replace(world.cluster, await lenders.find(world.cluster, found), template)
        assert image(await world.get(DEPLOYMENT, "web")) == "web:1"
        assert (await world.get(DEPLOYMENT, "web"))["spec"]["template"]["metadata"]["labels"] == {"app": "web"}


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
