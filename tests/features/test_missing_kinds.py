"""Kinds that the cluster does not serve yet."""

from __future__ import annotations

import pytest

from holdfast.model.names import OperationPhase
from holdfast.testing.builders import config_map, resource
from tests.features.house import House
from tests.features.page import Page

WIDGET = resource("example.com/v1", "Widget")


@pytest.mark.feature("skip-dry-run-on-missing-resource")
async def test_an_object_waits_for_its_kind_and_is_applied_when_it_comes(house: House, page: Page) -> None:
    house.push(page.yaml("object"), config_map())
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.ask_sync()
        await house.until_app(
            lambda app: (
                app.status.operation_state is not None
                and "waiting until the cluster serves the kind of" in app.status.operation_state.message
            ),
            "the kind is waited for",
        )
        await house.create(page.yaml("definition"))
        await house.until_ended(seconds=50)
        widget = await house.get(WIDGET, "first", house.namespace)
        assert widget is not None
        assert widget["spec"] == {"size": 3}


@pytest.mark.feature("skip-dry-run-on-missing-resource")
async def test_without_the_option_nothing_is_written(house: House, page: Page) -> None:
    widget = page.yaml("object")
    widget["kind"] = "Gadget"
    del widget["metadata"]["annotations"]
    house.push(widget, config_map())
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.ask_sync()
        app = await house.until_ended(phase=OperationPhase.FAILED)
        assert app.status.operation_state is not None
        assert "Is the CustomResourceDefinition installed" in app.status.operation_state.message
        assert await house.get(resource("v1", "ConfigMap"), "settings", house.namespace) is None
