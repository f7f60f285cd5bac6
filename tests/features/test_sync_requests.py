"""What a person, a window, a failure or a newer commit makes of a sync."""

from __future__ import annotations

import pytest

from holdfast.cli.app.terminate import termination_of
from holdfast.model.names import OperationPhase
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP
from holdfast.testing.builders import config_map, project_object
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import (
    AUTOMATED,
    SOON,
    condition,
    exists,
    messages,
    results,
    synced,
    until_condition,
    until_gone,
    until_message,
    until_there,
)
from tests.unit.controllers.application.harness import JOB, namespace


@pytest.mark.feature("selective-sync")
async def test_only_the_named_objects_are_synced(house: House, page: Page) -> None:
    house.push(*page.all("manifests"))
    await house.create_application(house.app)
    async with house.controller():
        state = await synced(house, resources=[{"kind": "ConfigMap", "name": "settings"}])
        assert results(state) == {"settings": "Synced"}
        assert not await exists(house, CONFIG_MAP, "other")
        app = await house.until_app(lambda app: app.status.sync.status == "OutOfSync", "the other one is missing")
        assert app.status.history == ()


@pytest.mark.feature("dry-run")
async def test_a_dry_run_says_what_would_be_and_changes_nothing(house: House, page: Page) -> None:
    house.push(*page.all("manifests"))
    await house.create_application(house.app)
    async with house.controller():
        state = await synced(house, dryRun=True)
        assert "dry run" in messages(state)["settings"]
        assert not await exists(house, CONFIG_MAP, "settings")
        assert (await house.application(house.app)).status.history == ()


@pytest.mark.feature("dry-run")
async def test_a_dry_run_fails_where_the_server_would_refuse(house: House, page: Page) -> None:
    house.push(*page.all("manifests"), page.yaml("refused"))
    await house.create_application(house.app)
    async with house.controller():
        state = await synced(house, OperationPhase.FAILED, dryRun=True)
        assert "99999999" in messages(state)["front"]
        assert not await exists(house, CONFIG_MAP, "settings")


@pytest.mark.feature("retry")
async def test_a_sync_that_fails_is_tried_again_until_it_succeeds(house: House, page: Page) -> None:
    """Its namespace comes later than the object."""
    late = house.fit("db")
    house.push(config_map(namespace=late))
    await house.create(page.yaml("application"))
    async with house.controller():
        app = await until_message(house, "Retrying attempt #")
        assert app.status.operation_state is not None
        assert app.status.operation_state.phase == OperationPhase.RUNNING
        await namespace(house, late)
        app = await house.until_settled()
        assert app.status.operation_state is not None
        assert app.status.operation_state.retry_count > 0


@pytest.mark.feature("retry")
async def test_a_retry_with_refresh_goes_on_with_the_commit_that_mends(house: House, page: Page) -> None:
    """Nothing takes the place of the operation here: it is the same one that succeeds."""
    never = {"holdfast.sync.supersedeAfter": "off"}
    await house.create(config_map("argocd-cm", namespace=house.control_namespace, data=never))
    house.push(config_map(namespace=house.fit("db")))
    await house.create(page.yaml("application"))
    await house.patch_application(page.yaml("refresh"), house.app)
    async with house.controller(poll_seconds=SOON):
        failing = await until_message(house, "Retrying attempt #")
        mended = house.push(config_map())
        app = await house.until_ended()
        before, after = failing.status.operation_state, app.status.operation_state
        assert before is not None
        assert after is not None
        assert after.started_at == before.started_at
        assert after.sync_result is not None
        assert after.sync_result.revision == mended
        assert [entry.revision for entry in app.status.history] == [mended]


@pytest.mark.feature("terminate")
async def test_a_person_ends_a_sync_whose_hook_never_ends(house: House, page: Page) -> None:
    house.push(*page.all("manifests"))
    await house.create_application(house.app)
    async with house.controller():
        await house.ask_sync()
        await until_there(house, JOB, "endless")
        await until_message(house, "endless")
        obj = await house.get(APPLICATION, house.app, house.control_namespace)
        assert obj is not None
        await house.patch_application(termination_of(obj), house.app)
        app = await house.until_ended(phase=OperationPhase.FAILED)
        assert app.status.operation_state is not None
        assert app.status.operation_state.message.startswith("Operation terminated")
        await until_gone(house, JOB, "endless")
        assert not await exists(house, CONFIG_MAP, "settings")


@pytest.mark.feature("newer-commit-takes-over")
async def test_a_stuck_sync_makes_room_for_the_commit_that_mends_it(house: House, page: Page) -> None:
    await house.create(page.yaml("settings"))
    stuck = house.push(*page.all("stuck"))
    await house.create_application(house.app, policy=AUTOMATED)
    async with house.controller(poll_seconds=SOON):
        await until_there(house, JOB, "endless")
        mended = house.push(config_map())
        await house.until_settled()
        assert not await exists(house, JOB, "endless")

        async def is_told() -> bool:
            told = [message for _, message in await house.events(house.app)]
            return any(f"newer commit {mended} takes the place of {stuck}" in message for message in told)

        await house.until(is_told, "an event tells which commit took the place of which")


@pytest.mark.feature("sync-windows")
async def test_outside_of_a_window_nothing_syncs_until_it_opens(house: House, page: Page) -> None:
    await house.put(page.yaml("project"), APP_PROJECT)
    house.push(config_map())
    await house.create(page.yaml("application"))
    async with house.controller():
        await until_condition(house, "SyncWindowWarning", "waits for a sync window")
        state = await synced(house, OperationPhase.FAILED)
        assert "blocked by sync window" in state.message
        assert not await exists(house, CONFIG_MAP, "settings")
        open_again = project_object(namespace=house.control_namespace)
        await house.put({**open_again, "spec": {**open_again["spec"], "syncWindows": []}}, APP_PROJECT)
        app = await house.until_settled()
        assert condition(app, "SyncWindowWarning") == ""
