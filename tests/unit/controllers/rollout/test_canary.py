"""A canary on a whole sandbox cluster: steps, pauses, abort, retry, undo, scaling in the middle."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.rollout import requests
from tests.unit.controllers.rollout.harness import POD, REPLICA_SET, ROLLOUT, Stage, rollout_object, stage

STEPS = [
    {"setWeight": 10},
    {"pause": {}},
    {"setWeight": 30},
    {"pause": {"duration": "1m"}},
    {"setWeight": 100},
]


def canary(**more: Any) -> dict[str, Any]:
    return {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": STEPS, **more}}


async def deployed(world: Stage, **options: Any) -> None:
    await world.put(ROLLOUT, rollout_object(canary(), **options))
    await world.until_phase("Healthy")


async def at_first_pause(world: Stage, image: str = "web:2") -> None:
    await world.set_image(image)
    await world.until_phase("Paused")


async def test_the_first_deployment_takes_no_steps() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        assert await world.pods() == {"web:1": 10}
        status = (await world.rollout()).status
        assert (status.current_step_index, status.stable_rs) == (5, status.current_pod_hash)
        assert (status.hpareplicas, status.selector) == (10, "app=web")


async def test_a_canary_goes_from_10_to_30_to_100() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await at_first_pause(world)
        assert await world.pods() == {"web:1": 9, "web:2": 1}
        assert (await world.rollout()).status.message == "CanaryPauseStep"
        await world.status({"pauseConditions": None})
        await world.until(lambda it: it.status.current_step_index == 3)
        assert await world.pods() == {"web:1": 7, "web:2": 3}
        began = world.clock.monotonic()
        await world.until_phase("Healthy")
        assert world.clock.monotonic() - began >= 59
        assert await world.pods() == {"web:2": 10}
        assert "RolloutCompleted" in await world.events()


async def test_an_abort_goes_back_to_the_stable_pods_and_a_retry_starts_anew() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await at_first_pause(world)
        await world.status({"abort": True})
        found = await world.until_phase("Degraded")
        assert found.status.message == "RolloutAborted: Rollout aborted update to revision 2"
        await world.until(lambda it: it.status.updated_replicas == 0)
        await world.clock.sleep(5)
        assert await world.pods() == {"web:1": 10}
        await world.status({"abort": False})
        found = await world.until_phase("Paused")
        assert found.status.current_step_index == 1
        assert await world.pods() == {"web:1": 9, "web:2": 1}


async def test_an_undone_template_is_the_stable_one_at_once() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await at_first_pause(world)
        await world.set_image("web:1")
        found = await world.until_phase("Healthy")
        assert await world.pods() == {"web:1": 10}
        assert found.metadata.annotations["rollout.argoproj.io/revision"] == "3"
        assert "SkipSteps" in await world.events()


async def test_a_new_template_in_the_middle_starts_at_the_first_step() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await at_first_pause(world)
        await world.set_image("web:3")
        await world.until(lambda it: it.status.current_step_index == 0)
        found = await world.until(lambda it: it.status.phase == "Paused" and it.status.updated_replicas == 1)
        await world.clock.sleep(5)
        assert await world.pods() == {"web:1": 9, "web:3": 1}
        assert found.status.current_step_index == 1


async def test_it_can_be_scaled_in_the_middle() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await at_first_pause(world)
        await world.patch(ROLLOUT, "web", {"spec": {"replicas": 20}}, subresource="scale")
        await world.until(lambda it: it.status.available_replicas == 20)
        assert await world.pods() == {"web:1": 18, "web:2": 2}
        assert (await world.rollout()).status.phase == "Paused"
        await world.patch(ROLLOUT, "web", {"spec": {"replicas": 4}}, subresource="scale")
        await world.until(lambda it: it.status.available_replicas == 5)
        assert await world.pods() == {"web:1": 4, "web:2": 1}


async def test_full_promotion_skips_what_is_left() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await at_first_pause(world)
        await world.status({"promoteFull": True})
        await world.until_phase("Healthy")
        assert await world.pods() == {"web:2": 10}
        assert not (await world.rollout()).status.promote_full


async def test_while_it_is_paused_by_hand_nothing_advances() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await world.patch(ROLLOUT, "web", {"spec": {"paused": True}})
        await world.set_image("web:2")
        await world.until(lambda it: it.status.message == "manually paused")
        await world.clock.sleep(120)
        assert (await world.rollout()).status.current_step_index == 0
        await world.patch(ROLLOUT, "web", {"spec": {"paused": False}})
        assert (await world.until(lambda it: it.status.message == "CanaryPauseStep")).status.current_step_index == 1


async def test_pods_that_never_serve_end_at_the_progress_deadline() -> None:
    strategy = canary()
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object(strategy, progressDeadlineSeconds=60, progressDeadlineAbort=True))
        await world.until_phase("Healthy")
        await world.set_image("web:image-pull-error")
        found = await world.until_phase("Degraded")
        assert found.status.abort
        assert "has timed out progressing" in found.status.message
        await world.clock.sleep(60)
        assert await world.pods() == {"web:1": 10}


async def test_a_restart_replaces_every_pod() -> None:
    async with stage() as world, world.controller():
        await deployed(world, replicas=4)
        before = await world.cluster.list(POD, namespace="shop")
        await world.clock.sleep(5)
        await world.patch(ROLLOUT, "web", {"spec": {"restartAt": "2026-01-01T00:01:00Z"}})
        await world.until(lambda it: it.status.restarted_at == "2026-01-01T00:01:00Z")
        await world.until(lambda it: it.status.available_replicas == 4)
        after = await world.cluster.list(POD, namespace="shop")
        assert not {live.metadata.uid for live in before.items} & {live.metadata.uid for live in after.items}


async def test_when_nothing_changes_nothing_is_written() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await world.clock.sleep(10)
        before = list(world.transport.writes)
        await world.clock.sleep(1200)
        assert world.transport.writes == before


async def test_old_revisions_are_forgotten() -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object({"canary": {}}, replicas=1, revisionHistoryLimit=2))
        await world.until_phase("Healthy")
        for number in range(2, 7):
            await world.set_image(f"web:{number}")
            await world.until_phase("Healthy")
        await world.clock.sleep(5)
        assert await world.sets() == {"web:4": 0, "web:5": 0, "web:6": 1}


@pytest.mark.parametrize(("option", "phase", "index"), [("skip_step", "Progressing", 2), ("skip_all", "Healthy", 5)])
async def test_skipping_a_step_at_its_pause_goes_on(option: str, phase: str, index: int) -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await at_first_pause(world)
        request = requests.promote(await world.rollout(), **{option: True})
        assert request.status is not None
        await world.status(request.status)
        found = await world.until(lambda it: (it.status.current_step_index or 0) >= index)
        assert not found.status.pause_conditions
        await world.until_phase(phase)


async def test_how_long_pods_must_be_ready_is_changed_without_a_release() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        pods = {live.metadata.uid for live in (await world.cluster.list(POD, namespace="shop")).items}
        for seconds in (5, 0):
            await world.patch(ROLLOUT, "web", {"spec": {"minReadySeconds": seconds}})
            await world.clock.sleep(10)
            await world.until_phase("Healthy")
            (found,) = [live.decode() for live in (await world.cluster.list(REPLICA_SET, namespace="shop")).items]
            assert found["spec"].get("minReadySeconds", 0) == seconds
        assert pods == {live.metadata.uid for live in (await world.cluster.list(POD, namespace="shop")).items}
