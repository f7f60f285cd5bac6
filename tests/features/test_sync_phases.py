"""The order of a sync: phases, hooks, waves."""

from __future__ import annotations

import pytest

from holdfast.model.names import OperationPhase
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.testing.builders import config_map
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import exists, results, synced, until_gone, until_message, until_there
from tests.unit.controllers.application.harness import JOB


@pytest.mark.feature("sync-phases-and-hooks")
async def test_hooks_run_before_and_after_what_is_synced(house: House, page: Page) -> None:
    house.push(*page.all("manifests"))
    await house.create_application(house.app)
    async with house.controller():
        state = await synced(house)
        assert results(state) == {"migrate": "Succeeded", "settings": "Synced", "announce": "Succeeded"}
        times = {name: (await until_there(house, JOB, name))["metadata"] for name in ("migrate", "announce")}
        settings = await until_there(house, CONFIG_MAP, "settings")
        made = [times["migrate"], settings["metadata"], times["announce"]]
        assert [one["creationTimestamp"] for one in made] == sorted(one["creationTimestamp"] for one in made)
        assert not await exists(house, JOB, "clean-up")


@pytest.mark.feature("sync-phases-and-hooks")
async def test_a_hook_that_fails_stops_the_sync_and_lets_sync_fail_hooks_run(house: House, page: Page) -> None:
    migrate, *others = page.all("manifests")
    migrate["spec"]["template"]["spec"]["containers"][0]["image"] = "migrate:fail"
    house.push(migrate, *others)
    await house.create_application(house.app)
    async with house.controller():
        state = await synced(house, OperationPhase.FAILED)
        assert results(state)["migrate"] == "Failed"
        await until_there(house, JOB, "clean-up")
        assert not await exists(house, CONFIG_MAP, "settings")


@pytest.mark.feature("hook-deletion-policies")
async def test_hooks_go_when_their_policy_says(house: House, page: Page) -> None:
    house.push(*page.all("manifests"))
    await house.create_application(house.app)
    async with house.controller():
        await synced(house)
        await until_gone(house, JOB, "report")
        first = await until_there(house, JOB, "check")
        await house.clock.sleep(1)
        await synced(house)
        second = await until_there(house, JOB, "check")
        assert first["metadata"]["uid"] != second["metadata"]["uid"]


@pytest.mark.feature("helm-hooks")
async def test_hooks_of_a_chart_run_at_their_point_of_the_sync(house: House, page: Page) -> None:
    chart = {"app/Chart.yaml": page.block("chart"), "app/templates/all.yaml": page.block("template")}
    house.push(**chart)
    await house.create_application(house.app)
    async with house.controller():
        state = await synced(house)
        migrate = f"{house.app}-migrate"
        assert results(state) == {migrate: "Succeeded", "settings": "Synced"}
        await until_gone(house, JOB, migrate)


@pytest.mark.feature("sync-waves")
async def test_a_wave_begins_when_the_one_before_is_healthy(house: House, page: Page) -> None:
    schema, *others = page.all("manifests")
    schema["spec"]["template"]["spec"]["containers"][0]["image"] = "migrate:run-40s"
    house.push(schema, *others)
    await house.create_application(house.app)
    async with house.controller():
        await house.ask_sync()
        await until_there(house, JOB, "schema")
        await until_message(house, "schema")
        assert not await exists(house, CONFIG_MAP, "settings")
        app = await house.until_ended()
        assert app.status.operation_state is not None
        assert list(results(app.status.operation_state)) == ["schema", "settings", "after"]
        job = await until_there(house, JOB, "schema")
        settings = await until_there(house, CONFIG_MAP, "settings")
        assert settings["metadata"]["creationTimestamp"] >= job["status"]["completionTime"]


@pytest.mark.feature("sync-waves")
async def test_negative_waves_come_first(house: House, page: Page) -> None:
    *_, after = page.all("manifests")
    first = config_map("first", annotations={"argocd.argoproj.io/sync-wave": "-3"})
    house.push(after, config_map("settings"), first)
    await house.create_application(house.app)
    async with house.controller():
        state = await synced(house)
        assert list(results(state)) == ["first", "settings", "after"]
