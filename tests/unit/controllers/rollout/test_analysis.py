"""What a Rollout asks of analyses, and what it makes of their verdicts; the test itself plays the measuring."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject
from tests.unit.controllers.rollout.harness import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    ROLLOUT,
    SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)

ANALYSIS = {"templates": [{"templateName": "errors"}], "args": [{"name": "service", "value": "web"}]}


async def template(world: Stage) -> None:
    metric = {"name": "errors", "provider": {"prometheus": {"address": "http://p", "query": "up"}}}
    spec = {"args": [{"name": "service"}], "metrics": [metric]}
    metadata = {"name": "errors", "namespace": "shop"}
    kind = {"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisTemplate"}
    await world.put(ANALYSIS_TEMPLATE, {**kind, "metadata": metadata, "spec": spec})


async def runs(world: Stage) -> list[KubeObject]:
    found = [live.decode() for live in (await world.cluster.list(ANALYSIS_RUN, namespace="shop")).items]
    return sorted(found, key=lambda run: (run["metadata"]["creationTimestamp"], run["metadata"]["name"]))


async def judged(world: Stage, name: str, phase: str, message: str = "") -> None:
    await world.patch(ANALYSIS_RUN, name, {"status": {"phase": phase, "message": message}})


async def first_run(world: Stage) -> KubeObject:
    while not await runs(world):
        await world.clock.sleep(0.5)
    return (await runs(world))[0]


async def at_analysis(world: Stage, **more: Any) -> KubeObject:
    steps = [{"setWeight": 50}, {"analysis": ANALYSIS}, {"pause": {}}]
    await template(world)
    await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps, **more}}, replicas=2))
    await world.until_phase("Healthy")
    await world.set_image("web:2")
    return await first_run(world)


async def test_a_step_waits_for_its_run_and_goes_on_when_it_succeeds() -> None:
    async with stage() as world, world.controller():
        run = await at_analysis(world)
        status = (await world.rollout()).status
        assert run["metadata"]["name"] == f"web-{status.current_pod_hash}-2-1"
        assert run["metadata"]["labels"]["rollout-type"] == "Step"
        assert run["spec"]["args"] == [{"name": "service", "value": "web"}]
        await world.clock.sleep(30)
        assert (await world.rollout()).status.current_step_index == 1
        await judged(world, run["metadata"]["name"], "Successful")
        assert (await world.until_phase("Paused")).status.current_step_index == 2
        assert len(await runs(world)) == 1


async def test_a_failed_run_aborts() -> None:
    async with stage() as world, world.controller():
        run = await at_analysis(world)
        await judged(world, run["metadata"]["name"], "Failed", "too many errors")
        found = await world.until_phase("Degraded")
        assert found.status.message == (
            "RolloutAborted: Rollout aborted update to revision 2: "
            "Step-based analysis phase error/failed: too many errors"
        )
        await world.clock.sleep(10)
        assert await world.pods() == {"web:1": 2}
        told = [reason for reason in await world.events() if reason.startswith("AnalysisRun")]
        assert told.count("AnalysisRunFailed") == 1


async def test_a_retry_measures_anew() -> None:
    async with stage() as world, world.controller():
        run = await at_analysis(world)
        await judged(world, run["metadata"]["name"], "Failed")
        await world.until_phase("Degraded")
        await world.status({"abort": False})
        await world.until(lambda it: it.status.canary.current_step_analysis_run_status is not None)
        names = [found["metadata"]["name"] for found in await runs(world)]
        assert names == [run["metadata"]["name"], f"{run['metadata']['name']}.1"]


async def test_an_inconclusive_run_asks_a_person() -> None:
    async with stage() as world, world.controller():
        run = await at_analysis(world)
        await judged(world, run["metadata"]["name"], "Inconclusive")
        found = await world.until_phase("Paused")
        assert found.status.message == "InconclusiveAnalysisRun"
        assert (await world.events()).count("RolloutPaused") == 1
        await world.status({"pauseConditions": None})
        while len(await runs(world)) < 2:
            await world.clock.sleep(0.5)
        await judged(world, (await runs(world))[-1]["metadata"]["name"], "Successful")
        await world.until(lambda it: it.status.current_step_index == 2)


async def test_a_background_run_that_fails_aborts_and_a_new_template_stops_it() -> None:
    steps = [{"setWeight": 50}, {"pause": {}}]
    async with stage() as world, world.controller():
        await template(world)
        strategy = {"canary": {"steps": steps, "analysis": ANALYSIS}}
        await world.put(ROLLOUT, rollout_object(strategy, replicas=2))
        await world.until_phase("Healthy")
        assert not await runs(world)
        await world.set_image("web:2")
        first = await first_run(world)
        assert first["metadata"]["labels"]["rollout-type"] == "Background"
        await world.until_phase("Paused")
        await world.set_image("web:3")
        while len(await runs(world)) < 2:
            await world.clock.sleep(0.5)
        await world.clock.sleep(1)
        ended, current = await runs(world)
        assert ended["spec"]["terminate"] is True
        await judged(world, ended["metadata"]["name"], "Failed")
        await world.clock.sleep(2)
        assert not (await world.rollout()).status.abort
        await judged(world, current["metadata"]["name"], "Error", "no answer")
        found = await world.until_phase("Degraded")
        assert "Background analysis phase error/failed: no answer" in found.status.message


async def test_blue_green_is_judged_before_and_after_the_switch() -> None:
    async with stage() as world, world.controller():
        await template(world)
        await world.put(SERVICE, service_object("web"))
        strategy = {
            "blueGreen": {
                "activeService": "web",
                "prePromotionAnalysis": ANALYSIS,
                "postPromotionAnalysis": ANALYSIS,
            }
        }
        await world.put(ROLLOUT, rollout_object(strategy, replicas=2))
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        before = await first_run(world)
        assert await world.selects("web") == "web:1"
        await judged(world, before["metadata"]["name"], "Successful")
        while len(await runs(world)) < 2:
            await world.clock.sleep(0.5)
        assert await world.selects("web") == "web:2"
        after = next(run for run in await runs(world) if run["metadata"]["labels"]["rollout-type"] == "PostPromotion")
        await judged(world, after["metadata"]["name"], "Failed")
        await world.until_phase("Degraded")
        await world.clock.sleep(2)
        assert await world.selects("web") == "web:1"
        assert (await world.pods())["web:1"] == 2
