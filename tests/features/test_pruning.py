"""What is deleted by a sync, what is kept, and what nobody owns."""

from __future__ import annotations

import pytest

from holdfast.cli.app.confirm import approval_of
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP
from holdfast.testing.builders import config_map
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import (
    AUTOMATED,
    SOON,
    condition,
    exists,
    messages,
    synced,
    until_condition,
    until_gone,
    until_message,
)

TRACKING = "argocd.argoproj.io/tracking-id"


@pytest.mark.feature("prune")
async def test_what_left_the_source_is_pruned_and_nothing_else(house: House, page: Page) -> None:
    await house.put(config_map("not-ours", namespace=house.namespace), CONFIG_MAP)
    house.push(config_map(), config_map("old"))
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        house.push(config_map())
        await until_gone(house, CONFIG_MAP, "old")
        await house.until_settled()
        assert await exists(house, CONFIG_MAP, "not-ours")


@pytest.mark.feature("prune")
async def test_a_prune_that_asks_waits_for_a_person(house: House, page: Page) -> None:
    settings, precious = page.all("manifests")
    house.push(settings, precious)
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        house.push(settings)
        await until_message(house, "waiting for pruning confirmation")
        assert await exists(house, CONFIG_MAP, "precious")
        obj = await house.get(APPLICATION, house.app, house.control_namespace)
        assert obj is not None
        await house.patch_application(approval_of(obj, house.clock.now()), house.app)
        await until_gone(house, CONFIG_MAP, "precious")
        await house.until_settled()


@pytest.mark.feature("resource-policy-keep")
async def test_what_helm_keeps_outlives_prune_and_deletion(house: House, page: Page) -> None:
    settings, precious = page.all("manifests")
    house.push(settings, precious)
    await house.create_application(
        house.app, policy=AUTOMATED, finalizers=["resources-finalizer.argocd.argoproj.io/background"]
    )
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        house.push(settings)
        await house.until_app(lambda app: app.status.sync.status == "OutOfSync", "one object is too many")
        state = await synced(house, prune=True)
        assert "resource-policy: keep" in messages(state)["precious"]
        await house.cluster.delete(APPLICATION, house.control_namespace, house.app)
        await until_gone(house, CONFIG_MAP, "settings")
        assert await exists(house, CONFIG_MAP, "precious")


@pytest.mark.feature("automated-sync")
async def test_a_commit_that_would_delete_everything_waits_for_allow_empty(house: House, page: Page) -> None:
    house.push(config_map())
    await house.create(page.yaml("application"))
    async with house.controller(poll_seconds=SOON):
        await house.until_settled()
        house.push(folder="app", **{"app/README.md": "nothing here any more"})
        await until_condition(house, "SyncError", "will wipe out all resources")
        assert await exists(house, CONFIG_MAP, "settings")
        allowed = {"spec": {"syncPolicy": {"automated": {"allowEmpty": True}}}}
        await house.patch_application(allowed, house.app)
        await until_gone(house, CONFIG_MAP, "settings")


@pytest.mark.feature("orphaned-resources")
async def test_objects_that_nobody_owns_are_told_where_the_project_asks(house: House, page: Page) -> None:
    for name in ("left-over", "left-on-purpose"):
        await house.put(config_map(name, namespace=house.namespace), CONFIG_MAP)
    house.push(config_map())
    await house.create_application(house.app, policy=AUTOMATED)
    async with house.controller():
        app = await house.until_settled()
        assert condition(app, "OrphanedResourceWarning") == ""
        await house.put(page.yaml("project"), APP_PROJECT)
        await until_condition(house, "OrphanedResourceWarning", "1 orphaned resource: ConfigMap/left-over")


@pytest.mark.feature("resource-tracking")
async def test_an_object_carries_the_id_of_its_application(house: House, page: Page) -> None:
    house.push(*page.all("manifests"))
    await house.create_application(house.app, policy=AUTOMATED)
    async with house.controller():
        await house.until_settled()
        live = await house.get(CONFIG_MAP, "settings")
        assert live is not None
        tracking = live["metadata"]["annotations"][TRACKING]
        wanted = page.block("tracking").strip().replace("web:", f"{house.app}:").replace("shop/", f"{house.namespace}/")
        assert tracking == wanted


@pytest.mark.feature("resource-tracking")
async def test_a_copy_of_the_id_makes_no_object_ours(house: House, page: Page) -> None:
    (settings,) = page.all("manifests")
    house.push(settings)
    await house.create_application(house.app, policy=AUTOMATED)
    async with house.controller():
        await house.until_settled()
        tracking = {TRACKING: f"{house.app}:/ConfigMap:{house.namespace}/settings"}
        await house.put(config_map("copy", namespace=house.namespace, annotations=tracking), CONFIG_MAP)
        await synced(house, prune=True)
        assert await exists(house, CONFIG_MAP, "copy")
        app = await house.until_settled()
        assert [one.name for one in app.status.resources] == ["settings"]
