"""Two Rollouts of one release group, deployed by one commit."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.cli.rollout import rollouts
from holdfast.cli.rollout.rollouts import ROLLOUT
from holdfast.engine.rollout import requests
from holdfast.model.rollout import Rollout
from tests.features.house import House
from tests.features.page import Page
from tests.features.test_rollouts import controllers, until_health, until_pods, with_image

NAMES = ("web", "db")


async def read(house: House, name: str) -> Rollout:
    return await rollouts.read(house.cluster, house.fit(name), house.namespace)


async def until_all_paused(house: House) -> None:
    async def are_paused() -> bool:
        found = [await house.get(ROLLOUT, house.fit(name)) for name in NAMES]
        return all(obj is not None and msgspec.convert(obj, Rollout).status.phase == "Paused" for obj in found)

    await house.until(are_paused, "both are paused")


async def until_both_are_released(house: House, page: Page) -> None:
    """As far as their first pause."""
    members = page.all("rollouts")
    house.push(*members)
    await house.create(page.yaml("application"))
    await until_pods(house, v1=4)
    await house.until_settled()
    house.push(*(with_image(member, 2) for member in members))
    await until_all_paused(house)


@pytest.mark.feature("release-group")
async def test_one_promoted_member_waits_for_the_other(house: House, page: Page) -> None:
    async with controllers(house):
        await until_both_are_released(house, page)
        await until_pods(house, v1=2, v2=2)
        await rollouts.ask(house.cluster, house.fit("web"), house.namespace, requests.promote)
        await house.clock.sleep(3)
        await until_pods(house, v1=2, v2=2)
        await rollouts.ask(house.cluster, house.fit("db"), house.namespace, requests.promote)
        await until_pods(house, v2=4)
        await house.until_settled()


@pytest.mark.feature("release-group")
async def test_an_abort_of_one_takes_the_other_back_too(house: House, page: Page) -> None:
    async with controllers(house):
        await until_both_are_released(house, page)
        await rollouts.ask(house.cluster, house.fit("db"), house.namespace, requests.abort)
        await until_health(house, "Degraded")
        await until_pods(house, v1=4)
        assert house.fit("Rollout db of release group") in (await read(house, "web")).status.message
