"""What is remembered of syncs, and the way back."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from holdfast.cli.app.rollback import lifting_of, request_of
from holdfast.engine.flow import ledger
from holdfast.engine.record import packing
from holdfast.model.kube import KubeObject, name_of
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, SECRET, SYNC_RECORD
from holdfast.model.sync_record import Drift, SyncRecord
from holdfast.testing.builders import config_map, deployment
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import AUTOMATED, SOON, data_of, synced, until_condition, until_message
from tests.unit.controllers.application.harness import DEPLOYMENT


async def records(house: House) -> list[SyncRecord]:
    listing = await house.cluster.list(SYNC_RECORD, namespace=house.control_namespace)
    found = [msgspec.convert(item.decode(), SyncRecord) for item in listing.items]
    return sorted(found, key=lambda one: one.metadata.name)


async def application(house: House) -> KubeObject:
    found = await house.get(APPLICATION, house.app, house.control_namespace)
    assert found is not None
    return found


async def until_level(house: House, level: str) -> None:
    async def has() -> bool:
        live = await house.get(CONFIG_MAP, "settings")
        return live is not None and live["data"]["level"] == level

    await house.until(has, f"the ConfigMap says {level}")


def settings(level: str) -> dict[str, Any]:
    return config_map(data={"level": level})


@pytest.mark.feature("ledger")
async def test_a_record_holds_what_was_applied_and_no_value_of_a_secret(house: House, page: Page) -> None:
    config, login = page.all("manifests")
    password = login["stringData"]["password"]
    house.push(config, login)
    await house.create_application(house.app)
    async with house.controller(poll_seconds=SOON):
        await synced(house)
        commit = house.push({**config, "data": {"level": "debug"}}, login)
        await house.until_app(lambda app: app.status.sync.revision == commit, "the new commit is seen")
        await synced(house)
        one, other = await records(house)
        contents = [packing.unpack(record.spec.content) for record in (one, other)]
        assert [record.spec.initiated_by.username for record in (one, other)] == ["person", "person"]
        assert {name_of(manifest.object) for manifest in contents[0].manifests} == {"settings", "login"}
        (change,) = ledger.changes(contents[0].manifests, contents[1].manifests)
        assert [(found.before, found.after) for found in change.differences] == [("info", "debug")]
        assert password not in json.dumps(msgspec.to_builtins([contents, one, other]))


@pytest.mark.feature("drift-record")
async def test_a_change_by_hand_is_written_down_with_who_and_when(house: House, page: Page) -> None:
    house.push(deployment("front", replicas=1))
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_settled()
        await house.patch(DEPLOYMENT, "front", {"spec": {"replicas": 3}})
        found: list[Drift] = []

        async def is_healed() -> bool:
            found[:] = [one for record in await records(house) for one in record.status.drift]
            return bool(found) and found[0].healed_at is not None

        await house.until(is_healed, "the drift is recorded as healed")
        (drift,) = found
        assert (drift.name, drift.field, drift.before, drift.after) == ("front", ".spec.replicas", "1", "3")
        assert (drift.manager, drift.times) == ("kubectl-edit", 1)
        assert "apps/Deployment" in page.text


@pytest.mark.feature("rollback")
async def test_a_rollback_holds_until_git_moves_past_the_bad_revision(house: House, page: Page) -> None:
    house.push(settings("good"))
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        bad = house.push(settings("bad"))
        await until_level(house, "bad")
        await house.until_settled()
        request = request_of(await application(house))
        assert set(request["metadata"]["annotations"]) == set(page.yaml("hold")["metadata"]["annotations"])
        await house.patch_application(request, house.app)
        await until_level(house, "good")
        await until_condition(house, "RevisionHeld", bad)
        await house.clock.sleep(3 * SOON)
        assert await data_of(house, CONFIG_MAP, "settings") == {"level": "good"}
        await house.patch(CONFIG_MAP, "settings", {"data": {"level": "by hand"}})
        await until_level(house, "good")
        house.push(settings("better"))
        await until_level(house, "better")
        app = await house.until_settled()
        assert app.status.conditions == ()
        assert "holdfast.dev/hold" not in app.metadata.annotations


@pytest.mark.feature("rollback")
async def test_a_hold_is_lifted_by_hand(house: House, page: Page) -> None:
    house.push(settings("good"))
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        house.push(settings("bad"))
        await until_level(house, "bad")
        await house.until_settled()
        await house.patch_application(request_of(await application(house)), house.app)
        await until_level(house, "good")
        await house.until_ended()
        await house.patch_application(lifting_of(await application(house)), house.app)
        await until_level(house, "bad")


@pytest.mark.feature("rollback")
async def test_a_rollback_works_when_git_has_forgotten_the_commit(house: House, page: Page) -> None:
    login = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}, "stringData": {"password": "planted"}}
    good = house.push(settings("good"), login)
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        house.push(settings("bad"), login)
        await until_level(house, "bad")
        await house.until_settled()
        house.repositories.forget(good)
        before = await data_of(house, SECRET, "login")
        await house.patch_application(request_of(await application(house)), house.app)
        await until_level(house, "good")
        await until_message(house, "from the record")
        assert await data_of(house, SECRET, "login") == before


@pytest.mark.feature("history")
async def test_the_history_keeps_as_many_deployments_as_asked_for(house: House, page: Page) -> None:
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        commits = []
        for level in ("one", "two", "three"):
            commits.append(house.push(settings(level)))
            await house.until_app(lambda app: app.status.sync.revision == commits[-1], "the commit is seen")
            await synced(house)
            await house.clock.sleep(1)
        history = (await house.application(house.app)).status.history
        assert [(entry.id, entry.revision) for entry in history] == [(1, commits[1]), (2, commits[2])]
        assert {entry.initiated_by.username for entry in history} == {"person"}


@pytest.mark.feature("ledger")
async def test_a_ledger_that_is_off_leaves_no_record(house: House, page: Page) -> None:
    assert "holdfast.ledger.records" in page.text
    off = {"holdfast.ledger.records": "0"}
    await house.put(config_map("argocd-cm", namespace=house.control_namespace, data=off), CONFIG_MAP)
    house.push(*page.all("manifests"))
    await house.create_application(house.app, policy=AUTOMATED)
    async with house.controller():
        await house.until_settled()
        assert await records(house) == []
