"""Measurements that are Jobs, and Rollouts that wait for them."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from holdfast.model.kube import KubeObject
from tests.unit.controllers.analysis.stage import ended, job, jobs, measuring, run_object, until
from tests.unit.controllers.rollout.harness import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    NAMESPACE_NAME,
    ROLLOUT,
    Stage,
    rollout_object,
    stage,
)


async def test_a_job_that_completes_is_a_success() -> None:
    async with stage() as world, measuring(world):
        await world.put(ANALYSIS_RUN, run_object(job("smoke", "smoke:run-5s")))
        found = await ended(world)
        (made,) = await jobs(world)
    assert found["phase"] == "Successful"
    assert made["metadata"]["ownerReferences"][0]["kind"] == "AnalysisRun"
    assert found["metricResults"][0]["measurements"][0]["metadata"]["job-name"] == made["metadata"]["name"]


async def test_a_job_that_fails_is_a_failure() -> None:
    async with stage() as world, measuring(world):
        await world.put(ANALYSIS_RUN, run_object(job("smoke", "smoke:fail")))
        found = await ended(world)
    assert found["phase"] == "Failed"
    assert "backoff limit" in found["metricResults"][0]["measurements"][0]["message"]


async def test_a_job_that_the_cluster_refuses_is_an_error_that_says_so() -> None:
    async with stage() as world, measuring(world):
        bad: dict[str, Any] = {"name": "smoke", "consecutiveErrorLimit": 0}
        await world.put(ANALYSIS_RUN, run_object({**bad, "provider": {"job": {"spec": {"template": {}}}}}))
        found = await ended(world)
    assert found["phase"] == "Error"
    assert "the Job is refused" in found["message"]


async def test_ending_the_run_ends_its_job() -> None:
    async with stage() as world, measuring(world):
        await world.put(ANALYSIS_RUN, run_object(job("smoke", "smoke:run-1h")))
        await until(world, lambda it: bool(it.get("metricResults")))
        await world.patch(ANALYSIS_RUN, "check", {"spec": {"terminate": True}})
        found = await ended(world, seconds=5)
        await world.clock.sleep(1)
        assert await jobs(world) == []
    assert found["phase"] == "Successful"


async def test_a_job_of_an_ended_process_is_taken_up_and_not_made_twice() -> None:
    async with stage() as world:
        async with measuring(world):
            await world.put(ANALYSIS_RUN, run_object(job("smoke", "smoke:run-20s")))
            await until(world, lambda it: bool(it.get("metricResults")))
        # As if the process had ended between the Job and the note of it.
        await world.patch(ANALYSIS_RUN, "check", {"status": {"metricResults": None}})
        async with measuring(world):
            found = await ended(world)
        assert len(await jobs(world)) == 1
    assert found["phase"] == "Successful"


async def test_jobs_of_measurements_that_are_not_kept_go() -> None:
    async with stage() as world, measuring(world):
        metric = job("smoke", "smoke:run-1s", count=4, interval="5s")
        kept = [{"metricName": "smoke", "limit": 1}]
        await world.put(ANALYSIS_RUN, run_object(metric, measurementRetention=kept))
        await ended(world)
        await world.clock.sleep(1)
        assert len(await jobs(world)) == 1


@pytest.mark.parametrize("write", range(1, 10))
async def test_a_process_that_is_killed_after_any_write_leaves_nothing_undone_and_nothing_twice(write: int) -> None:
    async with stage() as world:
        world.transport.kill_at = write
        async with measuring(world):
            await world.put(ANALYSIS_RUN, run_object(job("smoke", "smoke:run-3s", count=2, interval="5s")))
            with suppress(TimeoutError):
                async with asyncio.timeout(60):
                    await world.transport.killed.wait()
        world.survive()
        async with measuring(world):
            found = await ended(world)
        assert len(await jobs(world)) == 2
    assert (found["phase"], found["metricResults"][0]["successful"]) == ("Successful", 2)


async def canary(world: Stage, image: str) -> None:
    template: KubeObject = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "AnalysisTemplate",
        "metadata": {"name": "smoke", "namespace": NAMESPACE_NAME},
        "spec": {"metrics": [job("smoke", image)]},
    }
    await world.put(ANALYSIS_TEMPLATE, template)
    steps = [{"setWeight": 50}, {"analysis": {"templates": [{"templateName": "smoke"}]}}]
    await world.put(ROLLOUT, rollout_object({"canary": {"steps": steps}}, replicas=2))
    await world.until_phase("Healthy")
    await world.set_image("web:2")


async def test_a_canary_whose_analysis_fails_returns_to_stable() -> None:
    async with stage() as world, world.controller(), measuring(world):
        await canary(world, "smoke:fail")
        found = await world.until_phase("Degraded")
        assert "Step-based analysis phase error/failed" in found.status.message
        await world.clock.sleep(30)
        assert await world.pods() == {"web:1": 2}


async def test_a_canary_whose_analysis_succeeds_goes_on_to_the_end() -> None:
    async with stage() as world, world.controller(), measuring(world):
        await canary(world, "smoke:run-10s")
        await world.until(lambda it: it.status.canary.current_step_analysis_run_status is not None)
        await world.until_phase("Healthy")
        await world.clock.sleep(30)
        assert await world.pods() == {"web:2": 2}
