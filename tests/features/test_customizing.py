"""How argocd-cm teaches Holdfast kinds that it does not know, and changes what it knows."""

from __future__ import annotations

import pytest

from holdfast.assembly import customized
from holdfast.engine.health import customizations
from holdfast.model.names import Annotation
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.runtime.clock import SystemClock
from holdfast.testing.builders import config_map, deployment
from tests.features.house import House
from tests.features.page import Page
from tests.unit.controllers.application.harness import DEPLOYMENT


@pytest.mark.feature("custom-health")
async def test_a_script_judges_and_a_wave_waits_for_it(house: House, page: Page) -> None:
    await house.create(page.yaml("settings"))
    later = config_map("later", data={"phase": "ready"}, annotations={Annotation.SYNC_WAVE.value: "1"})
    house.push(config_map("first", data={"phase": "starting"}), later)
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        app = await house.until_app(lambda app: app.status.health.status == "Progressing", "the script has judged")
        reports = [one.health.message for one in app.status.resources if one.name == "first" and one.health]
        assert reports == ["Waiting for the phase to be ready"]
        assert await house.get(CONFIG_MAP, "later") is None
        await house.patch(CONFIG_MAP, "first", {"data": {"phase": "ready"}})
        await house.until_app(lambda app: app.status.health.status == "Healthy", "the script is content")

        async def is_there() -> bool:
            return await house.get(CONFIG_MAP, "later") is not None

        await house.until(is_there, "the second wave")


@pytest.mark.feature("custom-health")
async def test_a_script_goes_before_the_built_in_check_and_its_failure_is_told(house: House, page: Page) -> None:
    settings = page.yaml("settings")
    settings["data"] = {"resource.customizations.health.apps_Deployment": "error('out of order')"}
    house.push(deployment("front"))
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        await house.until_settled()
        await house.create(settings)
        app = await house.until_app(lambda app: app.status.health.status == "Unknown", "the script has failed")
        [report] = [one.health for one in app.status.resources if one.health is not None]
        assert "out of order" in report.message
        assert await house.get(DEPLOYMENT, "front") is not None


@pytest.mark.feature("resource-actions")
@pytest.mark.real_time
async def test_actions_of_argocd_cm_are_offered_and_run(house: House, page: Page) -> None:
    found = customizations.parse(page.yaml("settings")["data"])
    live = await house.put(config_map("front", namespace=house.namespace, data={"paused": "false"}), CONFIG_MAP)
    scripts = customized.scripts()
    try:
        assert [action.name for action in await customized.actions_on(scripts, found, live)] == ["pause"]
        [impact] = await customized.act_on(scripts, found, live, "pause", {}, SystemClock().now())
        assert impact.resource["data"] == {"paused": "true"}
        front = deployment("front")
        names = [action.name for action in await customized.actions_on(scripts, found, front)]
        assert "restart" in names
    finally:
        await scripts.close()
