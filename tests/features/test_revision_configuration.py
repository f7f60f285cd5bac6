"""A commit that changes a ConfigMap alone is a release, and goes back like one."""

from __future__ import annotations

import pytest

from holdfast.cli.rollout.rollouts import POD
from holdfast.engine.rollout import requests
from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.features.house import House
from tests.features.page import Page
from tests.features.test_rollouts import ask, controllers, until_health, until_pods

CONFIG_MAP = resource("v1", "ConfigMap")


async def until_colors(house: House, **expected: int) -> None:
    async def are_there() -> bool:
        found: dict[str, int] = {}
        for live in (await house.cluster.list(POD, namespace=house.namespace)).items:
            if live.metadata.deletion_timestamp:
                continue
            name = live.decode()["spec"]["containers"][0]["envFrom"][0]["configMapRef"]["name"]
            named = await house.get(CONFIG_MAP, name)
            color = named["data"]["color"] if named is not None else "nothing"
            found[color] = found.get(color, 0) + 1
        return found == expected

    await house.until(are_there, f"the pods have {expected}")


def in_color(obj: KubeObject, color: str) -> KubeObject:
    return {**obj, "data": {"color": color}}


@pytest.mark.timeout(200)
@pytest.mark.feature("revision-configuration")
async def test_a_changed_config_map_is_released_and_an_abort_brings_the_old_one_back(house: House, page: Page) -> None:
    configuration, rollout = page.yaml("configuration"), page.yaml("rollout")
    house.push(configuration, rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await until_pods(house, v1=2)
        await house.until_settled()
        house.push(in_color(configuration, "green"), rollout)
        await until_health(house, "Suspended")
        await until_colors(house, blue=1, green=1)
        await ask(house, requests.abort)
        await until_colors(house, blue=2)
        await until_health(house, "Degraded")
