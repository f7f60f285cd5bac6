"""Releases step by step, deployed by an Application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import msgspec
import pytest

from holdfast.assembly.metric_sources import metric_sources
from holdfast.cli.rollout import rollouts
from holdfast.cli.rollout.rollouts import EXPERIMENT, POD, ROLLOUT
from holdfast.controllers.analysis.controller import AnalysisController
from holdfast.controllers.experiment.controller import ExperimentController
from holdfast.controllers.rollout.controller import RolloutController
from holdfast.engine.rollout import requests
from holdfast.engine.rollout.requests import Request
from holdfast.model.application import Application
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import Propagation
from holdfast.ports.step_plugins import StepPlugins
from holdfast.testing.builders import resource
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import SOON, until_gone

SERVICE = resource("v1", "Service")
HASH = "rollouts-pod-template-hash"


@asynccontextmanager
async def controllers(house: House, step_plugins: StepPlugins | None = None) -> AsyncIterator[None]:
    """As `holdfast controller` runs them: what deploys, and what carries out."""
    rolling = RolloutController(cluster=house.cluster, clock=house.clock, random=Random(1), step_plugins=step_plugins)
    experiments = ExperimentController(rolling, clock=house.clock, random=Random(1))
    async with metric_sources(house.cluster) as sources:
        analyses = AnalysisController(cluster=house.cluster, sources=sources, clock=house.clock, random=Random(1))
        tasks = [asyncio.create_task(one.run()) for one in (rolling, experiments, analyses)]
        try:
            async with house.controller(poll_seconds=SOON):
                yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def with_image(rollout: KubeObject, tag: int) -> KubeObject:
    container = {"name": "site", "image": f"registry.example.com/site:{tag}"}
    template = {**rollout["spec"]["template"], "spec": {"containers": [container]}}
    return {**rollout, "spec": {**rollout["spec"], "template": template}}


def with_steps(rollout: KubeObject, steps: list[Any]) -> KubeObject:
    canary = {**rollout["spec"]["strategy"]["canary"], "steps": steps}
    return {**rollout, "spec": {**rollout["spec"], "strategy": {"canary": canary}}}


async def pods(house: House) -> dict[str, int]:
    """How many serve, by their tag."""
    found: dict[str, int] = {}
    for live in (await house.cluster.list(POD, namespace=house.namespace)).items:
        pod = live.decode()
        conditions = (pod.get("status") or {}).get("conditions") or []
        ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
        if ready and not live.metadata.deletion_timestamp:
            tag = pod["spec"]["containers"][0]["image"].rpartition(":")[2]
            found[tag] = found.get(tag, 0) + 1
    return found


async def until_pods(house: House, **expected: int) -> None:
    wanted = {tag.removeprefix("v"): count for tag, count in expected.items()}

    async def are_there() -> bool:
        return await pods(house) == wanted

    await house.until(are_there, f"the pods {wanted} serve")


async def until_health(house: House, health: str) -> Application:
    return await house.until_app(
        lambda app: app.status.sync.status == "Synced" and app.status.health.status == health, f"it is {health}"
    )


async def released(house: House, page: Page, rollout: KubeObject, *beside: KubeObject) -> None:
    """The page's application with the first version everywhere, and a commit of the second."""
    house.push(*beside, rollout)
    await house.create(page.yaml("application"))
    await house.until_settled()
    house.push(*beside, with_image(rollout, 2))


async def rollout_of(house: House) -> Rollout:
    found = await house.get(ROLLOUT, house.fit("web"))
    assert found is not None
    return msgspec.convert(found, Rollout)


async def ask(house: House, request: Callable[[Rollout], Request]) -> None:
    await rollouts.ask(house.cluster, house.fit("web"), house.namespace, request)


async def hash_of(house: House, service: str) -> str:
    found = await house.get(SERVICE, service)
    assert found is not None
    return str(found["spec"]["selector"].get(HASH, ""))


@pytest.mark.feature("canary")
async def test_a_new_version_waits_for_a_person_and_then_takes_over(house: House, page: Page) -> None:
    rollout = page.yaml("rollout")
    house.push(rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await house.until_settled()
        await until_pods(house, v1=4)
        house.push(with_image(rollout, 2))
        await until_health(house, "Suspended")
        await until_pods(house, v1=3, v2=1)
        assert (await rollout_of(house)).status.current_step_index == 1
        await ask(house, requests.promote)
        await until_pods(house, v2=4)
        await house.until_settled()


@pytest.mark.feature("canary")
async def test_an_abort_goes_back_and_a_commit_that_does_too_is_healthy(house: House, page: Page) -> None:
    rollout = page.yaml("rollout")
    house.push(rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await house.until_settled()
        house.push(with_image(rollout, 2))
        await until_health(house, "Suspended")
        await ask(house, requests.abort)
        await until_health(house, "Degraded")
        await until_pods(house, v1=4)
        house.push(rollout)
        await house.until_settled()
        await until_pods(house, v1=4)


@pytest.mark.feature("canary")
async def test_the_next_rollout_takes_over_the_pods_that_one_left_behind(house: House, page: Page) -> None:
    rollout = page.yaml("rollout")
    house.push(rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await house.until_settled()
        await until_pods(house, v1=4)
        await house.cluster.delete(ROLLOUT, house.namespace, house.fit("web"), propagation=Propagation.ORPHAN)
        await until_gone(house, ROLLOUT, house.fit("web"))
        house.push(with_image(rollout, 2))
        await until_health(house, "Suspended")
        await until_pods(house, v1=3, v2=1)
        await ask(house, requests.promote)
        await until_pods(house, v2=4)


@pytest.mark.feature("canary")
async def test_an_experiment_passes_before_the_first_share(house: House, page: Page) -> None:
    rollout = with_steps(page.yaml("rollout"), [page.yaml("step"), {"setWeight": 25}, {"pause": {}}])
    house.push(rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await house.until_settled()
        house.push(with_image(rollout, 2))
        await until_pods(house, v1=4 + 1, v2=1)
        (live,) = (await house.cluster.list(EXPERIMENT, namespace=house.namespace)).items
        await until_health(house, "Suspended")
        assert (await rollout_of(house)).status.current_step_index == 2
        await until_pods(house, v1=3, v2=1)
        experiment = await house.get(EXPERIMENT, live.metadata.name)
        assert experiment is not None
        assert experiment["status"]["phase"] == "Successful"


@pytest.mark.feature("blue-green")
async def test_the_active_service_moves_in_one_go_when_a_person_says_so(house: House, page: Page) -> None:
    active, preview, rollout = page.all("manifests")
    house.push(active, preview, rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await house.until_settled()
        old = await hash_of(house, "site-active")
        house.push(active, preview, with_image(rollout, 2))
        await until_health(house, "Suspended")
        await until_pods(house, v1=2, v2=2)
        new = await hash_of(house, "site-preview")
        assert new not in ("", old)
        assert await hash_of(house, "site-active") == old
        await ask(house, requests.promote)
        await until_pods(house, v2=2)
        await house.until_settled()
        assert await hash_of(house, "site-active") == new


@pytest.mark.feature("blue-green")
async def test_an_abort_leaves_the_active_service_where_it_is(house: House, page: Page) -> None:
    active, preview, rollout = page.all("manifests")
    house.push(active, preview, rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await house.until_settled()
        old = await hash_of(house, "site-active")
        house.push(active, preview, with_image(rollout, 2))
        await until_health(house, "Suspended")
        await ask(house, requests.abort)
        await until_health(house, "Degraded")
        assert await hash_of(house, "site-active") == old
        assert (await pods(house))["1"] == 2
