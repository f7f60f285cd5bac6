"""The end of an application, and the namespace that it began with."""

from __future__ import annotations

import pytest

from holdfast.cli.app.confirm import approval_of
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP, NAMESPACE
from holdfast.testing.builders import config_map, deployment
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import exists, until_there
from tests.unit.controllers.application.harness import DEPLOYMENT


async def until_application_is_gone(house: House) -> None:
    async def is_gone() -> bool:
        return await house.get(APPLICATION, house.app, house.control_namespace) is None

    await house.until(is_gone, "the Application is gone")


@pytest.mark.feature("application-deletion")
@pytest.mark.parametrize("how", ["background", "foreground"])
async def test_objects_go_with_their_application_save_those_that_stay(house: House, page: Page, how: str) -> None:
    house.push(*page.all("manifests"), deployment("front", replicas=1))
    application = page.yaml("application")
    (finalizer,) = application["metadata"]["finalizers"]
    application["metadata"]["finalizers"] = [finalizer.replace("background", how)]
    await house.create(application)
    async with house.controller():
        await house.until_settled()
        await house.cluster.delete(APPLICATION, house.control_namespace, house.app)
        await until_application_is_gone(house)
        assert not await exists(house, CONFIG_MAP, "settings")
        assert not await exists(house, DEPLOYMENT, "front")
        assert await exists(house, CONFIG_MAP, "precious")


@pytest.mark.feature("application-deletion")
async def test_without_the_finalizer_everything_stays(house: House, page: Page) -> None:
    house.push(*page.all("manifests"))
    application = page.yaml("application")
    del application["metadata"]["finalizers"]
    await house.create(application)
    async with house.controller():
        await house.until_settled()
        await house.cluster.delete(APPLICATION, house.control_namespace, house.app)
        await until_application_is_gone(house)
        await house.clock.sleep(1)
        assert await exists(house, CONFIG_MAP, "settings")


@pytest.mark.feature("application-deletion")
async def test_a_deletion_that_asks_waits_for_a_person(house: House, page: Page) -> None:
    house.push(config_map(), page.yaml("asks"))
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_settled()
        await house.cluster.delete(APPLICATION, house.control_namespace, house.app)
        await house.clock.sleep(2)
        assert await exists(house, CONFIG_MAP, "settings")
        assert await exists(house, CONFIG_MAP, "dear")
        going = await house.get(APPLICATION, house.app, house.control_namespace)
        assert going is not None
        await house.patch_application(approval_of(going, house.clock.now()), house.app)
        await until_application_is_gone(house)
        assert not await exists(house, CONFIG_MAP, "dear")


@pytest.mark.feature("create-namespace")
async def test_the_namespace_is_made_with_its_metadata_and_outlives_the_application(house: House, page: Page) -> None:
    house.push(config_map())
    application = page.yaml("application")
    application["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io/background"]
    await house.create(application)
    name = house.fit("db")
    async with house.controller():
        await house.until_settled()
        made = await until_there(house, NAMESPACE, name)
        assert made["metadata"]["labels"]["team"] == "books"
        assert made["metadata"]["annotations"]["example.com/owner"] == "books@example.com"
        await until_there(house, CONFIG_MAP, "settings", name)
        await house.cluster.delete(APPLICATION, house.control_namespace, house.app)
        await until_application_is_gone(house)
        assert await exists(house, NAMESPACE, name)
