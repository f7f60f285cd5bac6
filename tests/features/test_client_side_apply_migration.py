"""What was applied on the client before becomes ours."""

from __future__ import annotations

import pytest

from holdfast.testing.builders import deployment
from tests.features.house import House
from tests.features.page import Page
from tests.unit.controllers.application.harness import DEPLOYMENT

MANAGERS = ("kubectl-client-side-apply", "our-old-tool")


@pytest.mark.feature("client-side-apply-migration")
@pytest.mark.parametrize("manager", MANAGERS)
async def test_what_left_git_leaves_an_object_that_a_client_applied(house: House, page: Page, manager: str) -> None:
    old = deployment("front", namespace=house.namespace)
    container = old["spec"]["template"]["spec"]["containers"][0]
    container |= {"env": [{"name": "OLD", "value": "1"}, {"name": "KEPT", "value": "2"}], "args": ["--verbose"]}
    await house.cluster.create(DEPLOYMENT, old, field_manager=manager)
    new = deployment("front")
    new["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "KEPT", "value": "2"}]
    house.push(new)
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_app(
            lambda app: app.status.sync.status == "Synced" and bool(app.status.history), "it was synced"
        )
        live = await house.get(DEPLOYMENT, "front", house.namespace)
        assert live is not None
        (found,) = live["spec"]["template"]["spec"]["containers"]
        assert found["env"] == [{"name": "KEPT", "value": "2"}]
        assert "args" not in found
        assert found["terminationMessagePolicy"] == "File"
        holders = {(entry["manager"], entry["operation"]) for entry in live["metadata"]["managedFields"]}
        assert ("argocd-controller", "Apply") in holders
        assert (manager, "Update") not in holders
