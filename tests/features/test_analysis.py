"""Releases that what is measured decides."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import ANALYSIS_RUN
from holdfast.testing.builders import resource
from tests.features.house import House
from tests.features.metrics_server import Metrics
from tests.features.page import Page
from tests.features.test_rollouts import (
    controllers,
    hash_of,
    released,
    rollout_of,
    until_health,
    until_pods,
    with_image,
    with_steps,
)

JOB = resource("batch/v1", "Job")


async def the_run(house: House) -> dict[str, Any]:
    (live,) = (await house.cluster.list(ANALYSIS_RUN, namespace=house.namespace)).items
    return live.decode()


async def until_measured(house: House, times: int) -> None:
    async def are_there() -> bool:
        results = (await the_run(house)).get("status", {}).get("metricResults") or [{}]
        return int(results[0].get("successful", 0)) >= times

    await house.until(are_there, f"{times} good values are measured")


async def the_job(house: House) -> KubeObject:
    (live,) = (await house.cluster.list(JOB, namespace=house.namespace)).items
    return live.decode()


def failing(template: KubeObject) -> KubeObject:
    """Its container ends with 1."""
    text = msgspec.json.encode(template).decode()
    changed: KubeObject = msgspec.json.decode(text.replace("/smoke:1", "/smoke:fail"))
    assert changed != template
    return changed


def with_strategy(rollout: KubeObject, strategy: KubeObject) -> KubeObject:
    return {**rollout, "spec": {**rollout["spec"], "strategy": strategy}}


def with_smoke_step(page: Page) -> KubeObject:
    """The canary of the page without its background analysis."""
    rollout = with_steps(page.yaml("rollout"), [{"setWeight": 25}, page.yaml("step"), {"setWeight": 100}])
    canary = {key: value for key, value in rollout["spec"]["strategy"]["canary"].items() if key != "analysis"}
    return with_strategy(rollout, {"canary": canary})


@pytest.mark.feature("analysis")
async def test_bad_values_in_the_background_bring_the_stable_version_back(house: House, page: Page) -> None:
    metrics, rollout = Metrics(rate=0.01), page.yaml("rollout")
    async with metrics.open(), controllers(house):
        template = metrics.measured_by(page.yaml("template"))
        await released(house, page, rollout, template)
        await until_health(house, "Suspended")
        await until_measured(house, 2)
        await until_pods(house, v1=3, v2=1)
        metrics.answer = {"rate": 0.5}
        await until_health(house, "Degraded")
        await until_pods(house, v1=4)
        found = await rollout_of(house)
        assert found.status.abort
        assert "Background analysis" in found.status.message
        run = await the_run(house)
    assert run["status"]["phase"] == "Failed"
    assert run["status"]["metricResults"][0]["failed"] == 2


@pytest.mark.feature("analysis")
async def test_a_step_whose_job_completes_lets_the_release_go_on(house: House, page: Page) -> None:
    rollout, smoke = with_smoke_step(page), page.yaml("smoke")
    async with controllers(house):
        await released(house, page, rollout, smoke)
        await until_pods(house, v2=4)
        await house.until_settled()
        run, job = await the_run(house), await the_job(house)
        version = (await rollout_of(house)).status.stable_rs
    assert run["status"]["phase"] == "Successful"
    assert job["spec"]["template"]["spec"]["containers"][0]["args"] == ["--version", version]


@pytest.mark.feature("analysis")
async def test_a_step_whose_job_fails_aborts_the_release(house: House, page: Page) -> None:
    rollout, smoke = with_smoke_step(page), failing(page.yaml("smoke"))
    async with controllers(house):
        await released(house, page, rollout, smoke)
        await until_health(house, "Degraded")
        await until_pods(house, v1=4)
        assert (await the_run(house))["status"]["phase"] == "Failed"


@pytest.mark.feature("analysis")
async def test_the_active_service_moves_when_the_analysis_before_it_has_passed(house: House, page: Page) -> None:
    rollout = with_strategy(page.yaml("rollout"), page.yaml("blue-green"))
    beside = (page.yaml("service"), page.yaml("smoke"))
    async with controllers(house):
        house.push(*beside, rollout)
        await house.create(page.yaml("application"))
        await house.until_settled()
        old = await hash_of(house, "site")
        house.push(*beside, with_image(rollout, 2))
        await until_pods(house, v2=4)
        await house.until_settled()
        assert await hash_of(house, "site") not in ("", old)
        assert (await the_run(house))["status"]["phase"] == "Successful"


@pytest.mark.feature("analysis")
async def test_the_active_service_stays_when_the_analysis_before_it_fails(house: House, page: Page) -> None:
    rollout = with_strategy(page.yaml("rollout"), page.yaml("blue-green"))
    beside = (page.yaml("service"), failing(page.yaml("smoke")))
    async with controllers(house):
        house.push(*beside, rollout)
        await house.create(page.yaml("application"))
        await house.until_settled()
        old = await hash_of(house, "site")
        house.push(*beside, with_image(rollout, 2))
        await until_health(house, "Degraded")
        assert await hash_of(house, "site") == old
        assert (await the_run(house))["status"]["phase"] == "Failed"
