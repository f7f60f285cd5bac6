"""What Holdfast does by itself."""

from __future__ import annotations

import pytest

from holdfast.testing.builders import deployment
from tests.features.house import House
from tests.features.page import Page
from tests.unit.controllers.application.harness import DEPLOYMENT


@pytest.mark.feature("self-heal")
async def test_a_change_by_hand_is_undone(house: House, page: Page) -> None:
    house.push(deployment("front", replicas=1))
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_settled()
        await house.patch(DEPLOYMENT, "front", {"spec": {"replicas": 3}})

        async def is_undone() -> bool:
            live = await house.get(DEPLOYMENT, "front")
            return live is not None and live["spec"]["replicas"] == 1

        await house.until(is_undone, "the Deployment has one replica again", seconds=10)
        await house.until_settled()


@pytest.mark.feature("self-heal")
async def test_without_self_heal_a_change_by_hand_stays_and_is_shown(house: House, page: Page) -> None:
    application = page.yaml("application")
    application["spec"]["syncPolicy"]["automated"]["selfHeal"] = False
    house.push(deployment("front", replicas=1))
    await house.create(application)
    async with house.controller():
        await house.until_settled()
        await house.patch(DEPLOYMENT, "front", {"spec": {"replicas": 3}})
        await house.until_app(lambda app: app.status.sync.status == "OutOfSync", "the change is shown")
        live = await house.get(DEPLOYMENT, "front")
        assert live is not None
        assert live["spec"]["replicas"] == 3
