"""A Rollout that cannot be carried out for now can still be aborted and scaled."""

from __future__ import annotations

from typing import Any

from holdfast.model.names import INSTANCE_LABEL
from tests.unit.controllers.rollout.harness import (
    ANALYSIS_TEMPLATE,
    ROLLOUT,
    SERVICE,
    VIRTUAL_SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
    virtual_service_object,
)
from tests.unit.controllers.rollout.test_analysis import judged, template
from tests.unit.controllers.rollout.test_istio import deployed, strategy
from tests.unit.controllers.rollout.test_scaling_midway import scale


async def in_the_middle(world: Stage, **more: Any) -> None:
    """Half of the traffic goes to the canary."""
    await deployed(world, replicas=4, steps=[{"setWeight": 50}, {"pause": {}}], **more)
    await world.set_image("web:2")
    await world.until_phase("Paused")
    assert await world.weights() == (50, 50)


async def without_its_routes(world: Stage) -> None:
    await world.cluster.delete(VIRTUAL_SERVICE, "shop", "web")
    found = await world.until_phase("Degraded")
    assert "VirtualService web is not there" in found.status.message


def reason(found: Any) -> str:
    return str(next(one.reason for one in found.status.conditions if one.type == "Progressing"))


async def test_both_sets_follow_the_replicas_while_the_virtual_service_is_missing() -> None:
    async with stage() as world, world.controller():
        await in_the_middle(world)
        await without_its_routes(world)
        await scale(world, 8)
        await world.clock.sleep(10)
        assert await world.pods() == {"web:1": 8, "web:2": 4}
        found = await world.rollout()
        assert (found.status.replicas, found.status.hpareplicas, found.status.phase) == (12, 12, "Degraded")
        await scale(world, 2)
        await world.clock.sleep(10)
        assert await world.pods() == {"web:1": 2, "web:2": 1}
        assert (await world.rollout()).status.current_step_index == 1


async def test_an_abort_is_taken_and_its_pods_go_once_the_traffic_could_be_taken_back() -> None:
    async with stage() as world, world.controller():
        await in_the_middle(world)
        await without_its_routes(world)
        await world.status({"abort": True})
        found = await world.until(lambda it: it.status.aborted_at is not None, seconds=10)
        assert (found.status.phase, reason(found)) == ("Degraded", "RolloutAborted")
        assert (await world.events()).count("RolloutAborted") == 1
        await world.clock.sleep(60)
        # The routers were told last to send them half of the traffic.
        assert await world.pods() == {"web:1": 4, "web:2": 2}
        await world.put(VIRTUAL_SERVICE, virtual_service_object())
        await world.until(lambda it: it.status.message.startswith("RolloutAborted"), seconds=10)
        await world.clock.sleep(1)
        assert await world.weights() == (100, 0)
        await world.clock.sleep(40)
        assert await world.pods() == {"web:1": 4}


async def test_a_step_that_lowers_the_weight_takes_no_pods_from_traffic_that_stays() -> None:
    async with stage() as world, world.controller():
        await deployed(world, replicas=4, steps=[{"setWeight": 75}, {"pause": {}}, {"setWeight": 25}, {"pause": {}}])
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await without_its_routes(world)
        await world.status({"currentStepIndex": 2, "pauseConditions": None})
        await world.clock.sleep(10)
        assert await world.pods() == {"web:1": 4, "web:2": 3}


async def test_nothing_is_begun_and_a_new_template_waits() -> None:
    async with stage() as world, world.controller():
        await in_the_middle(world)
        await without_its_routes(world)
        await world.set_image("web:3")
        await world.status({"pauseConditions": None, "controllerPause": True})
        await world.clock.sleep(30)
        assert await world.pods() == {"web:1": 4, "web:2": 2}
        assert (await world.rollout()).status.current_step_index == 1


async def test_without_its_analysis_a_canary_is_taken_back_whole() -> None:
    async with stage() as world, world.controller():
        await template(world)
        background = {"templates": [{"templateName": "errors"}], "args": [{"name": "service", "value": "web"}]}
        await in_the_middle(world, analysis=background)
        await world.cluster.delete(ANALYSIS_TEMPLATE, "shop", "errors")
        await world.until_phase("Degraded")
        assert await world.weights() == (50, 50)
        run = (await world.rollout()).status.canary.current_background_analysis_run_status
        assert run is not None
        await judged(world, run.name, "Failed", "too many errors")
        found = await world.until(lambda it: it.status.abort, seconds=10)
        assert reason(found) == "RolloutAborted"
        await world.clock.sleep(1)
        assert await world.weights() == (100, 0)
        await world.clock.sleep(40)
        assert await world.pods() == {"web:1": 4}


async def test_a_basic_canary_is_scaled_and_aborted_without_its_template() -> None:
    async with stage() as world, world.controller():
        await template(world)
        asked = {"templates": [{"templateName": "errors"}], "args": [{"name": "service", "value": "web"}]}
        steps: list[dict[str, Any]] = [{"setWeight": 50}, {"pause": {}}, {"analysis": asked}]
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=4))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.cluster.delete(ANALYSIS_TEMPLATE, "shop", "errors")
        await world.until_phase("Degraded")
        await scale(world, 8)
        await world.clock.sleep(20)
        assert await world.pods() == {"web:1": 4, "web:2": 4}
        await world.status({"abort": True})
        await world.clock.sleep(20)
        assert await world.pods() == {"web:1": 8}


async def test_blue_green_goes_back_without_its_template_and_keeps_what_is_active() -> None:
    async with stage() as world, world.controller():
        await template(world)
        for name in ("active", "preview"):
            await world.put(SERVICE, service_object(name))
        asked = {"templates": [{"templateName": "errors"}], "args": [{"name": "service", "value": "web"}]}
        blue_green = {"activeService": "active", "previewService": "preview", "postPromotionAnalysis": asked}
        await world.put(ROLLOUT, rollout_object({"blueGreen": blue_green}, replicas=2))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until(lambda it: it.status.blue_green.post_promotion_analysis_run_status is not None)
        assert await world.selects("active") == "web:2"
        await world.cluster.delete(ANALYSIS_TEMPLATE, "shop", "errors")
        await world.until_phase("Degraded")
        await world.cluster.delete(SERVICE, "shop", "preview")
        await world.status({"abort": True})
        await world.clock.sleep(5)
        assert await world.selects("active") == "web:1"
        await world.clock.sleep(40)
        assert await world.pods() == {"web:1": 2}


async def test_a_set_that_cannot_be_told_of_a_service_of_anothers_leaves_it_alone() -> None:
    async with stage() as world, world.controller():
        await world.put(SERVICE, service_object("active"))
        await world.put(ROLLOUT, rollout_object({"blueGreen": {"activeService": "active"}}, replicas=2))
        await world.until_phase("Healthy")
        other = rollout_object({"canary": {}}, replicas=0)
        other["metadata"] |= {"name": "other", "labels": {INSTANCE_LABEL: "another-controller"}}
        await world.put(ROLLOUT, other)
        owner = {"argo-rollouts.argoproj.io/managed-by-rollouts": "other"}
        await world.patch(SERVICE, "active", {"metadata": {"annotations": owner}})
        await world.until_phase("Degraded")
        before = (await world.get(SERVICE, "active"))["spec"]["selector"]
        await scale(world, 4)
        await world.status({"abort": True})
        await world.clock.sleep(10)
        assert (await world.get(SERVICE, "active"))["spec"]["selector"] == before
        assert await world.pods() == {"web:1": 4}


async def test_what_cannot_be_read_is_not_touched() -> None:
    async with stage() as world, world.controller():
        await in_the_middle(world)
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": strategy(maxSurge="many")}})
        await world.until_phase("Degraded")
        await world.status({"abort": True})
        await world.clock.sleep(30)
        assert await world.pods() == {"web:1": 4, "web:2": 2}
