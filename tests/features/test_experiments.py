"""Pods that run beside the others to be measured."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.cli.rollout.rollouts import EXPERIMENT
from holdfast.model.experiment import Experiment
from tests.features.house import House
from tests.features.metrics_server import Metrics
from tests.features.page import Page
from tests.features.test_rollouts import controllers, released, rollout_of, until_health, until_pods

SLOW = {"ratio": 2.0}


async def the_experiment(house: House) -> Experiment:
    (live,) = (await house.cluster.list(EXPERIMENT, namespace=house.namespace)).items
    return msgspec.convert(live.decode(), Experiment)


def question(experiment: Experiment) -> str:
    """What the analysis asks: the hashes of the templates stand in it."""
    before, after = (one.pod_template_hash for one in experiment.status.template_statuses)
    assert before
    assert after not in ("", before)
    return f"/ratio/{before}/{after}"


@pytest.mark.feature("experiments")
async def test_two_templates_are_measured_side_by_side_and_go(house: House, page: Page) -> None:
    metrics = Metrics(ratio=1.0)
    async with metrics.open(), controllers(house):
        house.push(metrics.measured_by(page.yaml("template")), page.yaml("experiment"))
        await house.create(page.yaml("application"))
        await until_pods(house, v1=1, v2=2)
        await until_health(house, "Progressing")
        await house.until_settled()
        found = await the_experiment(house)
        assert found.status.phase == "Successful"
        assert metrics.asked == [question(found)] * 3
        await until_pods(house)


@pytest.mark.feature("experiments")
async def test_bad_values_fail_it_and_its_application_is_degraded(house: House, page: Page) -> None:
    metrics = Metrics(**SLOW)
    async with metrics.open(), controllers(house):
        house.push(metrics.measured_by(page.yaml("template")), page.yaml("experiment"))
        await house.create(page.yaml("application"))
        await until_health(house, "Degraded")
        assert (await the_experiment(house)).status.phase == "Failed"
        await until_pods(house)


@pytest.mark.feature("experiments")
async def test_a_step_that_is_successful_gives_the_canary_its_first_share(house: House, page: Page) -> None:
    metrics, rollout = Metrics(ratio=1.0), page.yaml("rollout")
    async with metrics.open(), controllers(house):
        template = metrics.measured_by(page.yaml("template"))
        await released(house, page, rollout, template)
        await until_health(house, "Suspended")
        await until_pods(house, v1=3, v2=1)
        found = await the_experiment(house)
        assert found.status.phase == "Successful"
        assert metrics.asked == [question(found)] * 3
        assert (await rollout_of(house)).status.current_step_index == 2


@pytest.mark.feature("experiments")
async def test_a_step_that_fails_aborts_the_release(house: House, page: Page) -> None:
    metrics, rollout = Metrics(**SLOW), page.yaml("rollout")
    async with metrics.open(), controllers(house):
        template = metrics.measured_by(page.yaml("template"))
        await released(house, page, rollout, template)
        await until_health(house, "Degraded")
        assert (await the_experiment(house)).status.phase == "Failed"
        assert (await rollout_of(house)).status.abort
        await until_pods(house, v1=4)
