"""What holds a sync back until it may go."""

from __future__ import annotations

import json

import pytest

from holdfast.model.application import Application
from holdfast.model.names import Annotation, OperationPhase
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, FREEZE
from holdfast.testing.builders import config_map
from tests.features.house import House, is_settled
from tests.features.page import Page


def told(app: Application) -> str:
    """The conditions, and what the operation says."""
    state = app.status.operation_state
    return " ".join([*(f"{one.type}: {one.message}" for one in app.status.conditions), state.message if state else ""])


@pytest.mark.feature("deletion-guard")
async def test_a_sync_that_deletes_too_much_waits_for_a_person(house: House, page: Page) -> None:
    house.push(*(config_map(f"settings-{number}") for number in range(4)))
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_settled()
        house.push(config_map("settings-0", data={"level": "debug"}))
        await house.patch_application({"metadata": {"annotations": {Annotation.REFRESH.value: "normal"}}}, house.app)
        waiting = await house.until_app(lambda app: "confirm-deletion" in told(app), "the sync waits")
        assert "it would delete 3 of 4 objects (3 ConfigMap): holdfast.guard.maxDeletions is 2" in told(waiting)
        kept = await house.get(CONFIG_MAP, "settings-3", house.namespace)
        changed = await house.get(CONFIG_MAP, "settings-0", house.namespace)
        assert kept is not None
        assert changed is not None
        assert changed["data"] == {"level": "debug"}
        state = waiting.status.operation_state
        assert state is not None
        approved = {Annotation.DELETION_APPROVED.value: state.started_at}
        await house.patch_application({"metadata": {"annotations": approved}}, house.app)
        await house.until_settled()
        assert await house.get(CONFIG_MAP, "settings-3", house.namespace) is None


@pytest.mark.feature("approvals")
async def test_a_new_revision_waits_for_somebody_of_the_approvers(house: House, page: Page) -> None:
    revision = house.push(config_map())
    await house.create(page.yaml("application"))
    async with house.controller():
        waiting = await house.until_app(lambda app: "ApprovalRequired" in told(app), "the revision waits")
        assert f"--revision {revision}" in told(waiting)
        assert waiting.status.history == ()
        approval = page.yaml("approval")
        approval["spec"]["revision"] = revision
        await house.create(approval)
        app = await house.until_settled()
        assert [entry.revision for entry in app.status.history] == [revision]
        assert told(app) == "successfully synced (all tasks run)"


@pytest.mark.feature("freeze")
async def test_nothing_is_synced_in_a_freeze(house: House, page: Page) -> None:
    house.push(config_map())
    freeze = await house.create(page.yaml("freeze"))
    await house.create(Page("self-heal", house.fit).yaml("application"))
    async with house.controller():
        await house.until_app(lambda found: "SyncFrozen: frozen: audit" in told(found), "it is frozen")
        await house.ask_sync()
        refused = await house.until_ended(phase=OperationPhase.FAILED)
        assert "the auditors are looking" in told(refused)
        await house.cluster.delete(FREEZE, house.control_namespace, freeze["metadata"]["name"])
        await house.ask_sync()
        await house.until_settled()


@pytest.mark.feature("depends-on")
async def test_an_application_waits_for_the_one_that_it_depends_on(house: House, page: Page) -> None:
    house.push(config_map())
    other = page.yaml("application")
    other["metadata"] = {"name": house.fit("db"), "namespace": house.control_namespace}
    other["spec"]["syncPolicy"] = {}
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_app(lambda app: "which does not exist" in told(app), "it waits")
        await house.create(other)
        await house.until_app(lambda app: "which is OutOfSync" in told(app), "it waits for a sync")
        await house.ask_sync(house.fit("db"))
        await house.until_ended(house.fit("db"))
        await house.until_app(lambda app: len(app.status.history) == 1, "it goes on")


@pytest.mark.feature("app-of-apps-waves")
async def test_the_second_wave_begins_when_the_first_is_healthy(house: House, page: Page) -> None:
    house.repositories.commit("https://git.example.com/team/db.git", {"app/db.json": json.dumps(config_map("db"))})
    house.repositories.commit("https://git.example.com/team/site.git", {"app/a.json": json.dumps(config_map("site"))})
    house.push(page.yaml("db"), page.yaml("web"))
    await house.create(page.yaml("root"))
    async with house.controller():
        db, web, seen = house.fit("db"), house.fit("web"), []

        async def has_begun() -> bool:
            second = await house.get(APPLICATION, web, house.control_namespace)
            first = await house.get(APPLICATION, db, house.control_namespace)
            if second is not None:
                seen.append((first or {}).get("status", {}))
            return second is not None

        await house.until(has_begun, "the second wave begins")
        assert seen[0]["sync"]["status"] == "Synced"
        assert seen[0]["health"]["status"] == "Healthy"
        await house.until_app(is_settled, "all is well", house.fit("root"))
