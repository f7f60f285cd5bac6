"""A sync may do what the service account of its destination may do."""

from __future__ import annotations

import pytest

from holdfast.model.names import OperationPhase
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.testing.builders import config_map, deployment
from tests.features.house import House
from tests.features.page import Page
from tests.unit.controllers.application.harness import DEPLOYMENT


@pytest.mark.feature("impersonation")
async def test_what_the_account_may_not_do_fails_before_anything_is_written(house: House, page: Page) -> None:
    if not house.is_real:
        pytest.skip("the sandbox lets everybody do everything; unit tests show whose name is sent")
    for obj in (page.yaml("settings"), page.yaml("project"), *page.all("account")):
        await house.create(obj)
    house.push(config_map("settings"), deployment("front"))
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.ask_sync()
        app = await house.until_ended(phase=OperationPhase.FAILED, seconds=20)
        state = app.status.operation_state
        assert state is not None
        assert f"system:serviceaccount:{house.namespace}:deployer" in state.message
        assert "deployments" in state.message
        assert await house.get(CONFIG_MAP, "settings", house.namespace) is None
        assert await house.get(DEPLOYMENT, "front", house.namespace) is None

        commit = house.push(config_map("settings"))
        await house.ask_sync(revision=commit)
        await house.until_ended(seconds=30)
        assert await house.get(CONFIG_MAP, "settings", house.namespace) is not None
