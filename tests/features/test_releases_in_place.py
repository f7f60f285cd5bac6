"""Releases of StatefulSets, deployed by an Application that heals itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from holdfast.cli.rollout import rollouts
from holdfast.cli.rollout.rollouts import ROLLOUT
from holdfast.engine.rollout import requests
from holdfast.engine.rollout.requests import Request
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from holdfast.testing.builders import resource
from tests.features.house import House
from tests.features.page import Page
from tests.features.test_rollouts import controllers, until_health, until_pods, with_image

STATEFUL_SET = resource("apps/v1", "StatefulSet")
DAEMON_SET = resource("apps/v1", "DaemonSet")
NODE = resource("v1", "Node", namespaced=False)


async def ask(house: House, request: Callable[[Rollout], Request]) -> None:
    await rollouts.ask(house.cluster, house.fit("db"), house.namespace, request)


async def until_managed(house: House) -> None:
    async def is_managed() -> bool:
        found = await house.get(ROLLOUT, house.fit("db"))
        return found is not None and (found.get("status") or {}).get("phase") == "Healthy"

    await house.until(is_managed, "the Rollout is healthy")


async def partition(house: House) -> int:
    found = await house.get(STATEFUL_SET, house.fit("db"))
    assert found is not None
    return int(found["spec"]["updateStrategy"]["rollingUpdate"]["partition"])


async def until_wanted_again(house: House, tag: str) -> None:
    async def is_wanted() -> bool:
        found = await house.get(DAEMON_SET, house.fit("db"))
        return found is not None and str(found["spec"]["template"]["spec"]["containers"][0]["image"]).endswith(tag)

    await house.until(is_wanted, f"the template of the DaemonSet has the image {tag}")


def as_daemon_set(obj: KubeObject) -> KubeObject:
    """The workload, or the Rollout that names it."""
    if obj["kind"] == "Rollout":
        reference = {**obj["spec"]["workloadRef"], "kind": "DaemonSet"}
        return {**obj, "spec": {**obj["spec"], "workloadRef": reference}}
    template = obj["spec"]["template"]
    # Nobody takes the taint of a new node off where no controller of nodes runs.
    pods = {**template["spec"], "tolerations": [{"operator": "Exists"}]}
    spec = {"selector": obj["spec"]["selector"], "template": {**template, "spec": pods}}
    return {**obj, "kind": "DaemonSet", "spec": spec}


async def until_released(house: House, page: Page, workload: KubeObject, rollout: KubeObject) -> None:
    """As far as the first pause."""
    house.push(workload, rollout)
    await house.create(page.yaml("application"))
    await until_pods(house, v1=4)
    await until_managed(house)
    house.push(with_image(workload, 2), rollout)
    await until_health(house, "Suspended")


@pytest.mark.feature("stateful-set-canary")
async def test_a_stateful_set_takes_its_steps_and_a_person_promotes(house: House, page: Page) -> None:
    workload, rollout = page.yaml("workload"), page.yaml("rollout")
    async with controllers(house):
        await until_released(house, page, workload, rollout)
        await until_pods(house, v1=2, v2=2)
        assert await partition(house) == 2
        await ask(house, requests.promote)
        await until_pods(house, v2=4)
        await house.until_settled()


@pytest.mark.feature("stateful-set-canary")
async def test_an_abort_brings_the_pods_of_a_stateful_set_back(house: House, page: Page) -> None:
    workload, rollout = page.yaml("workload"), page.yaml("rollout")
    async with controllers(house):
        await until_released(house, page, workload, rollout)
        await ask(house, requests.abort)
        await until_health(house, "Degraded")
        await until_pods(house, v1=4)
        house.push(workload, rollout)
        await house.until_settled()
        await until_pods(house, v1=4)


@pytest.mark.feature("stateful-set-canary")
async def test_a_daemon_set_goes_back_to_its_stable_template_for_moments_only(house: House, page: Page) -> None:
    plain, rollout = page.yaml("workload"), as_daemon_set(page.yaml("rollout"))
    workload = as_daemon_set(plain)
    nodes = len((await house.cluster.list(NODE)).items) or 1
    new = max(nodes // 2, 1)
    there = {"v1": nodes - new} if nodes > new else {}
    house.push(workload, rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await until_pods(house, v1=nodes)
        await until_managed(house)
        house.push(as_daemon_set(with_image(plain, 2)), rollout)
        await until_health(house, "Suspended")
        await until_pods(house, **there, v2=new)
        await ask(house, requests.abort)
        await until_pods(house, v1=nodes)
        await until_health(house, "Degraded")
        await until_wanted_again(house, ":2")
        await until_pods(house, v1=nodes)
        await ask(house, requests.retry)
        await until_health(house, "Suspended")
        await ask(house, requests.promote)
        await until_pods(house, v2=nodes)
        await house.until_settled()
