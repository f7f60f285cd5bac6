"""What dashboards, metrics and Argo CD read of a Rollout: how a release ended, and whether the workload has been seen."""

from __future__ import annotations

from typing import Any

from holdfast.model.rollout import Rollout
from tests.unit.controllers.rollout.harness import (
    DEPLOYMENT,
    ROLLOUT,
    SERVICE,
    Stage,
    phase_of,
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
        assert again.status.duration is not None
        assert began is not None
        assert again.status.duration.rollout_started_at == began.rollout_started_at


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


async def test_waiting_for_a_person_is_counted_and_waiting_for_the_time_is_not() -> None:
    steps = [{"setWeight": 50}, {"pause": {"duration": "30s"}}, {"pause": {}}]
    async with stage() as world, world.controller() as controller:
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=2))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        timed = await world.until(lambda it: it.status.current_step_index == 1)
        assert timed.status.duration is not None
        assert timed.status.duration.manual_pause_started_at is None
        await world.until(lambda it: it.status.current_step_index == 2)
        waiting = (await world.until_phase("Paused")).status.duration
        assert waiting is not None
        assert waiting.manual_pause_started_at is not None
        await world.clock.sleep(100)
        await world.status({"pauseConditions": None})
        ended = (await world.until_phase("Healthy")).status.duration
        assert ended is not None
        assert ended.manual_pause_started_at is None
        assert 98 <= ended.total_manual_pause_duration_seconds <= 104
        await world.clock.sleep(1)
        (found,) = controller.tally.figures.values()
        assert list(found.releases) == ["Promoted"]
        promoted = found.releases["Promoted"]
        assert promoted.paused.total == ended.total_manual_pause_duration_seconds
        assert promoted.progressing.total + promoted.paused.total == promoted.whole.total
        assert promoted.progressing.total >= 30


async def test_a_release_that_another_one_replaces_is_counted_as_superseded() -> None:
    async with stage() as world, world.controller() as controller:
        await deployed(world)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.clock.sleep(60)
        await world.set_image("web:3")
        replacing = await world.until(lambda it: phase_of(it) == "Paused")
        assert ending(replacing) == ("", False)
        (found,) = controller.tally.figures.values()
        assert list(found.releases) == ["Promoted", "Superseded"]
        superseded = found.releases["Superseded"]
        assert superseded.whole.count == 1
        assert 58 <= superseded.paused.total <= 64
        assert superseded.whole.total > superseded.paused.total
        # What was aborted before is over: the next release replaces nothing.
        await world.status({"abort": True})
        await world.until_phase("Degraded")
        await world.set_image("web:4")
        await world.until_phase("Paused")
        (found,) = controller.tally.figures.values()
        assert {word: one.whole.count for word, one in found.releases.items()} == {
            "Promoted": 1,
            "Superseded": 1,
            "Aborted": 1,
        }
