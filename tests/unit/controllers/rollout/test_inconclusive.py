"""An analysis beside the steps that can say neither yes nor no holds the release until a person has looked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.controllers.rollout.harness import REPLICA_SET, ROLLOUT, Stage, rollout_object, stage
from tests.unit.controllers.rollout.test_analysis import ANALYSIS, first_run, judged, runs, template

PAUSE: list[dict[str, Any]] = [{"setWeight": 50}, {"pause": {}}]
TIMED: list[dict[str, Any]] = [{"setWeight": 50}, {"pause": {"duration": 20}}]
WEIGHTS: list[dict[str, Any]] = [{"setWeight": 25}, {"setWeight": 50}]


async def doubted(world: Stage, steps: list[dict[str, Any]]) -> None:
    await template(world)
    await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps, "analysis": ANALYSIS}}, replicas=4))
    await world.until_phase("Healthy")
    await world.set_image("web:2")
    run = await first_run(world)
    await world.until(lambda it: it.status.current_step_index == 1 or steps is WEIGHTS)
    await judged(world, run["metadata"]["name"], "Inconclusive")
    await world.clock.sleep(60)


@pytest.mark.parametrize("steps", [PAUSE, TIMED, WEIGHTS], ids=["at a pause", "at a pause that ends", "at a weight"])
async def test_nothing_goes_on_by_itself(steps: list[dict[str, Any]]) -> None:
    async with stage() as world, world.controller():
        await doubted(world, steps)
        found = (await world.rollout()).status
        assert found.phase == "Paused"
        assert found.stable_rs != found.current_pod_hash
        assert "InconclusiveAnalysisRun" in {one.reason for one in found.pause_conditions}
        assert len(await runs(world)) == 1


async def test_a_person_who_resumes_has_it_measured_again() -> None:
    async with stage() as world, world.controller():
        await doubted(world, TIMED)
        await world.status({"pauseConditions": None})
        await world.clock.sleep(2)
        again = (await runs(world))[-1]["metadata"]["name"]
        assert len(await runs(world)) == 2
        await judged(world, again, "Successful")
        await world.until_phase("Healthy")


async def test_an_experiment_whose_stable_pods_nobody_can_make_any_more_asks_a_person() -> None:
    steps: list[dict[str, Any]] = [
        {"pause": {}},
        {"experiment": {"duration": "5s", "templates": [{"name": "before", "specRef": "stable"}]}},
        {"pause": {}},
    ]
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=2))
        stable = (await world.until_phase("Healthy")).status.stable_rs
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.cluster.delete(REPLICA_SET, "shop", f"web-{stable}")
        await world.status({"pauseConditions": None})
        found = await world.until(lambda it: it.status.message == "InconclusiveExperiment")
        assert found.status.current_step_index == 1
        assert "ExperimentImpossible" in await world.events()
        await world.status({"pauseConditions": None})
        await world.until(lambda it: it.status.current_step_index == 2)
