"""The sync options, one after the other."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from holdfast.model.application import Application
from holdfast.model.names import OperationPhase
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP
from holdfast.testing.builders import config_map, deployment, resource
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import SOON, data_of, exists, messages, results, synced, until_gone
from tests.unit.controllers.application.harness import DEPLOYMENT

pytestmark = pytest.mark.feature("sync-options")

REPLICA_SET = resource("apps/v1", "ReplicaSet")


async def begin(house: House, page: Page, *options: str) -> None:
    application = page.yaml("application")
    application["spec"]["syncPolicy"]["syncOptions"] = list(options)
    await house.create(application)


def listed(page: Page, block: str) -> list[str]:
    """The options of a block that lists them."""
    found: list[str] = yaml.safe_load(page.block(block))
    return found


async def seen(house: House, revision: str) -> Application:
    return await house.until_app(lambda app: app.status.sync.revision == revision, "the commit is seen")


async def test_prune_false_keeps_an_object(house: House, page: Page) -> None:
    house.push(config_map(), page.yaml("prune-false"))
    await begin(house, page)
    async with house.controller(poll_seconds=SOON):
        await synced(house)
        await seen(house, house.push(config_map()))
        state = await synced(house, prune=True)
        assert messages(state)["precious"] == "ignored (no prune)"
        assert await exists(house, CONFIG_MAP, "precious")


async def test_prune_last_prunes_after_the_last_wave(house: House, page: Page) -> None:
    house.push(config_map("old"))
    await begin(house, page, "PruneLast=true")
    async with house.controller(poll_seconds=SOON):
        await synced(house)
        await seen(house, house.push(config_map("first"), page.yaml("prune-last")))
        state = await synced(house, prune=True)
        assert list(results(state)) == ["first", "replacement", "old"]


async def test_prune_propagation_policy_orphan_leaves_what_the_object_made(house: House, page: Page) -> None:
    house.push(config_map(), deployment("front", replicas=1))
    await begin(house, page, *listed(page, "propagation"))
    async with house.controller(poll_seconds=SOON):
        await synced(house)
        await house.until_settled()
        await seen(house, house.push(config_map()))
        await synced(house, prune=True)
        await until_gone(house, DEPLOYMENT, "front")
        left = await house.cluster.list(REPLICA_SET, namespace=house.namespace)
        assert len(left.items) == 1


async def test_replace_takes_away_what_others_added(house: House, page: Page) -> None:
    plain, replaced = config_map("plain"), page.yaml("replace")
    house.push(plain, replaced)
    await begin(house, page)
    async with house.controller():
        await synced(house)
        for name in ("plain", "settings"):
            await house.patch(CONFIG_MAP, name, {"data": {"added": "by hand"}})
        await synced(house)
        assert await data_of(house, CONFIG_MAP, "settings") == {"level": "info"}
        assert await data_of(house, CONFIG_MAP, "plain") == {"level": "info", "added": "by hand"}


async def test_force_makes_anew_what_cannot_be_changed(house: House, page: Page) -> None:
    fixed = page.yaml("force")
    house.push(fixed)
    await begin(house, page)
    async with house.controller(poll_seconds=SOON):
        await synced(house)
        await seen(house, house.push({**fixed, "data": {"level": "debug"}}))
        await synced(house)
        assert await data_of(house, CONFIG_MAP, "fixed") == {"level": "debug"}


async def test_server_side_apply_leaves_the_fields_of_others(house: House, page: Page) -> None:
    house.push(config_map())
    await begin(house, page, *listed(page, "server-side"))
    async with house.controller():
        await synced(house)
        await house.patch(CONFIG_MAP, "settings", {"data": {"added": "by hand"}})
        state = await synced(house)
        assert "serverside-applied" in messages(state)["settings"]
        assert await data_of(house, CONFIG_MAP, "settings") == {"level": "info", "added": "by hand"}


async def test_apply_out_of_sync_only_leaves_the_rest_alone(house: House, page: Page) -> None:
    house.push(config_map(), config_map("other"))
    await begin(house, page, *listed(page, "only-out-of-sync"))
    async with house.controller(poll_seconds=SOON):
        await synced(house)
        await seen(house, house.push(config_map(data={"level": "debug"}), config_map("other")))
        assert results(await synced(house)) == {"settings": "Synced"}


async def test_a_kind_that_is_not_served_yet_is_an_error_unless_it_is_expected(house: House, page: Page) -> None:
    gadget = page.yaml("skip-dry-run")
    unexpected: dict[str, Any] = {**gadget, "metadata": {"name": "surprise"}}
    house.push(unexpected, config_map())
    await begin(house, page)
    async with house.controller(poll_seconds=SOON):
        refused = await synced(house, OperationPhase.FAILED)
        assert not await exists(house, CONFIG_MAP, "settings")
        assert "Is the CustomResourceDefinition installed" in messages(refused)["surprise"]
        await seen(house, house.push(gadget, config_map()))
        await house.ask_sync()
        await house.until_app(_waits_for_its_kind, "the sync waits for the kind")
        assert await exists(house, CONFIG_MAP, "settings")


def _waits_for_its_kind(app: Application) -> bool:
    state = app.status.operation_state
    return state is not None and "until the cluster serves the kind" in state.message


async def test_fail_on_shared_resource_stops_a_sync_that_would_take_an_object(house: House, page: Page) -> None:
    house.push(config_map())
    await begin(house, page, *listed(page, "fail-on-shared"))
    await house.create_application(house.fit("db"))
    async with house.controller():
        await house.ask_sync(house.fit("db"))
        await house.until_ended(house.fit("db"))
        state = await synced(house, OperationPhase.FAILED)
        assert "is part of application" in messages(state)["settings"]
        owner = await house.get(APPLICATION, house.fit("db"), house.control_namespace)
        assert owner is not None
        assert owner["status"]["sync"]["status"] == "Synced"


async def test_validate_false_writes_what_the_schema_knows_of_an_object(house: House, page: Page) -> None:
    odd = page.yaml("unvalidated")
    strict: dict[str, Any] = {**odd, "metadata": {"name": "odd"}}
    house.push(strict)
    await begin(house, page)
    async with house.controller(poll_seconds=SOON):
        refused = await synced(house, OperationPhase.FAILED)
        assert "flavour" in messages(refused)["odd"]
        assert not await exists(house, DEPLOYMENT, "odd")
        await seen(house, house.push(odd))
        await synced(house)
        live = await house.get(DEPLOYMENT, "odd")
        assert live is not None
        assert live["spec"]["replicas"] == 0
        assert "flavour" not in live["spec"]


async def test_respect_ignore_differences_leaves_ignored_fields_alone(house: House, page: Page) -> None:
    house.push(deployment("front", replicas=1))
    await begin(house, page)
    await house.patch_application(page.yaml("respect"), house.app)
    async with house.controller():
        await synced(house)
        await house.patch(DEPLOYMENT, "front", {"spec": {"replicas": 2}})
        await synced(house)
        live = await house.get(DEPLOYMENT, "front")
        assert live is not None
        assert live["spec"]["replicas"] == 2
