"""What dashboards, metrics and Argo CD read of a Rollout: how a release ended, and whether the workload has been seen."""

from __future__ import annotations

from typing import Any

from holdfast.model.rollout import Rollout
from tests.unit.controllers.rollout.harness import (
    DEPLOYMENT,
    ROLLOUT,
    SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)
from tests.unit.controllers.rollout.test_workload import POD_TEMPLATE, borrowed

STEPS: list[dict[str, Any]] = [{"setWeight": 50}, {"pause": {}}]
GENERATION = "rollout.argoproj.io/workload-generation"


async def deployed(world: Stage, **spec: Any) -> None:
    await world.put(ROLLOUT, rollout_object({"canary": {"steps": STEPS}}, replicas=2, **spec))
    await world.until_phase("Healthy")


async def released(world: Stage, image: str) -> Rollout:
    """By a person who lets the pause end."""
    await world.set_image(image)
    await world.until_phase("Paused")
    await world.status({"pauseConditions": None})
    return await world.until_phase("Healthy")


def ending(found: Rollout) -> tuple[str, bool]:
    duration = found.status.duration
    assert duration is not None
    return duration.completion_status, duration.finished_at is not None


async def test_a_release_that_ends_well() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        assert ending(await released(world, "web:2")) == ("Promoted", True)
        await world.set_image("web:3")
        assert ending(await world.until_phase("Paused")) == ("", False)
        await world.status({"promoteFull": True})
        assert ending(await world.until_phase("Healthy")) == ("FastPromoted", True)


async def test_an_abort_ends_it_and_a_retry_takes_that_back() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await world.set_image("web:2")
        began = (await world.until_phase("Paused")).status.duration
        await world.status({"abort": True})
        found = await world.until_phase("Degraded")
        assert ending(found) == ("Aborted", True)
        assert found.status.duration is not None
        assert found.status.duration.finished_at == found.status.aborted_at
        await world.status({"abort": False})
        again = await world.until_phase("Paused")
        assert ending(again) == ("", False)
        assert again.status.duration == began


async def test_taken_back_in_the_middle_it_is_rolled_back() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.set_image("web:1")
        assert ending(await world.until_phase("Healthy")) == ("RolledBack", True)


async def test_an_earlier_revision_is_rolled_back_to_through_the_steps_or_fast_within_the_window() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await released(world, "web:2")
        assert ending(await released(world, "web:1")) == ("RolledBack", True)
        await world.patch(ROLLOUT, "web", {"spec": {"rollbackWindow": {"revisions": 3}}})
        await released(world, "web:3")
        await world.set_image("web:2")
        assert ending(await world.until_phase("Healthy")) == ("FastRolledBack", True)


async def test_blue_green_back_to_pods_that_are_still_there_is_fast() -> None:
    async with stage() as world, world.controller():
        await world.put(SERVICE, service_object("active"))
        blue_green = {"activeService": "active", "scaleDownDelaySeconds": 600}
        await world.put(ROLLOUT, rollout_object({"blueGreen": blue_green}, replicas=2))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        assert ending(await world.until_phase("Healthy")) == ("Promoted", True)
        await world.set_image("web:1")
        assert ending(await world.until_phase("Healthy")) == ("FastRolledBack", True)


async def test_the_end_of_a_pause_is_told_and_an_abort_is_none() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await released(world, "web:2")
        assert (await world.events()).count("RolloutResumed") == 1
        await world.set_image("web:3")
        await world.until_phase("Paused")
        await world.status({"abort": True})
        await world.until_phase("Degraded")
        assert (await world.events()).count("RolloutResumed") == 1


async def test_the_generation_of_the_workload_is_on_the_rollout_as_long_as_it_names_one() -> None:
    async with stage() as world, world.controller():
        await borrowed(world, "never")
        await world.until_phase("Healthy")
        await world.patch(DEPLOYMENT, "web", {"spec": {"minReadySeconds": 1}})
        await world.clock.sleep(5)
        found, workload = await world.rollout(), await world.get(DEPLOYMENT, "web")
        wanted = str(workload["metadata"]["generation"])
        assert found.metadata.annotations[GENERATION] == wanted
        assert found.status.workload_observed_generation == wanted
        own = {"workloadRef": None, "template": POD_TEMPLATE, "selector": {"matchLabels": {"app": "web"}}}
        await world.patch(ROLLOUT, "web", {"spec": own})
        found = await world.until(lambda it: GENERATION not in it.metadata.annotations, seconds=20)
        assert found.status.workload_observed_generation == ""
