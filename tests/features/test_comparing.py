"""What counts as a difference, and how it is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from holdfast.cli.app import diff
from holdfast.controllers.application.findings import findings
from holdfast.controllers.application.observe import observe
from holdfast.model.comparison import Difference
from holdfast.model.desired import ObjectState
from holdfast.model.names import Annotation
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.testing.builders import config_map, deployment
from tests.features.house import House
from tests.features.page import Page
from tests.unit.controllers.application.harness import DEPLOYMENT

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


async def refresh(house: House) -> None:
    """Asks for a look at the repository and waits for it."""
    await house.refresh_application(house.app)
    await house.until_app(lambda app: Annotation.REFRESH not in app.metadata.annotations, "it was looked at")


async def spec_of(house: House, name: str) -> Any:
    live = await house.get(DEPLOYMENT, name)
    assert live is not None
    return live["spec"]


@pytest.mark.feature("ignore-differences")
async def test_ignored_fields_are_neither_shown_nor_healed_nor_synced(house: House, page: Page) -> None:
    house.push(deployment("front", replicas=2), config_map("settings", data={"level": "info"}))
    await house.create(page.yaml("application"))
    async with house.controller():
        await house.until_settled()
        containers = [{"name": "app", "image": "web:by-hand"}]
        by_hand = {"spec": {"replicas": 3, "template": {"spec": {"containers": containers}}}}
        await house.patch(DEPLOYMENT, "front", by_hand)
        await house.patch(CONFIG_MAP, "settings", {"data": {"level": "debug"}})
        await refresh(house)
        await house.until_settled()
        changed = deployment("front", replicas=2, image="web:2", annotations={"changed": "in Git"})
        house.push(changed, config_map("settings", data={"level": "info", "more": "yes"}))
        await refresh(house)

        async def is_synced() -> bool:
            live = await house.get(DEPLOYMENT, "front")
            return live is not None and live["metadata"]["annotations"].get("changed") == "in Git"

        await house.until(is_synced, "the commit is on the cluster")
        await house.until_settled()
        live = await spec_of(house, "front")
        assert live["replicas"] == 3
        assert live["template"]["spec"]["containers"][0]["image"] == "web:by-hand"
        settings = await house.get(CONFIG_MAP, "settings")
        assert settings is not None
        assert settings["data"] == {"level": "debug", "more": "yes"}


@pytest.mark.feature("system-level-customizations")
async def test_what_argocd_cm_ignores_is_ignored_in_every_application(house: House, page: Page) -> None:
    house.push(deployment("front", replicas=2), config_map("settings", data={"level": "info"}))
    await house.create_application(house.app, policy=AUTOMATED)
    async with house.controller():
        await house.until_settled()
        await house.create(page.yaml("settings"))
        await house.patch(DEPLOYMENT, "front", {"spec": {"replicas": 3}})
        await house.patch(CONFIG_MAP, "settings", {"data": {"level": "debug"}})
        await refresh(house)
        await house.until_settled()
        assert (await spec_of(house, "front"))["replicas"] == 3


@pytest.mark.feature("system-level-customizations")
async def test_a_key_that_cannot_be_read_is_named(house: House, page: Page) -> None:
    settings = page.yaml("settings")
    key = "resource.customizations.ignoreDifferences.apps_Deployment"
    settings["data"][key] = "jqPathExpressions: ['.spec[']"
    house.push(deployment("front"))
    await house.create_application(house.app, policy=AUTOMATED)
    async with house.controller():
        await house.until_settled()
        await house.create(settings)
        app = await house.until_app(lambda app: app.status.conditions != (), "a condition is there")
        assert ".spec[" in app.status.conditions[0].message


@pytest.mark.feature("compare-options")
async def test_an_extraneous_object_may_be_of_no_account(house: House, page: Page) -> None:
    extra = page.yaml("extra")
    house.push(config_map("settings"), extra)
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        await house.until_settled()
        house.push(config_map("settings"))
        await refresh(house)
        app = await house.until_settled()
        assert [(one.name, one.status, one.requires_pruning) for one in app.status.resources] == [
            ("extra", "OutOfSync", True),
            ("settings", "Synced", False),
        ]


async def found_states(house: House) -> list[ObjectState]:
    """What the controller and `holdfast app diff` find."""
    async with house.controller() as controller:
        app = await house.application(house.app)
        observed = await observe(controller.world, app, fresh=True)
        return [state for state in findings(controller.world, app, observed).states if diff.is_changed(state)]


@pytest.mark.feature("structured-diff")
async def test_each_field_is_shown_with_who_changed_it(house: House, page: Page) -> None:
    house.push(deployment("front", replicas=2))
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        await house.until_settled()
    await house.patch(DEPLOYMENT, "front", {"spec": {"replicas": 5}})
    house.push(deployment("front", replicas=2, image="web:2"))
    await house.patch_application({"spec": {"syncPolicy": None}}, house.app)
    [state] = await found_states(house)
    document = diff.as_document(state)
    fields = {field["path"]: field for field in document["fields"]}
    heading, *lines = page.block("output").splitlines()
    assert heading.startswith("===== apps/Deployment")
    assert set(fields) == {line.split()[1].removesuffix(":") for line in lines}
    replicas = fields[".spec.replicas"]
    assert (replicas["before"], replicas["after"], replicas["manager"]) == (5, 2, "kubectl-edit")
    assert replicas["since"]
    shown = Difference(".spec.replicas", 5, 2, "kubectl-edit", "2026-02-03T04:05:06Z")
    assert diff.field_line(shown) == lines[0]


@pytest.mark.feature("secrets-never-shown")
async def test_values_of_secrets_are_compared_and_never_told(house: House, page: Page) -> None:
    await house.create(page.yaml("settings"))
    secret = page.yaml("secret")
    secret["metadata"]["annotations"] = {"example.com/token": "open-sesame"}
    house.push(secret)
    await house.create_application(house.app, policy={"automated": {}})
    async with house.controller():
        await house.until_settled()
    by_hand = {"metadata": {"annotations": {"example.com/token": "close-sesame"}}}
    await house.patch(SECRET, "database", {**by_hand, "stringData": {"password": "battery-staple"}})
    await house.patch_application({"spec": {"syncPolicy": None}}, house.app)
    [state] = await found_states(house)
    document = diff.as_document(state)
    paths = [field["path"] for field in document["fields"]]
    assert paths == [".data.password", '.metadata.annotations["example.com/token"]']
    application = await house.application(house.app)
    told = json.dumps(document) + str(application.status) + str(await house.events(house.app))
    for value in (
        "open-sesame",
        "close-sesame",
        "correct-horse",
        "battery-staple",
        "Y29ycmVjdC1ob3JzZQ==",
        "YmF0dGVyeS1zdGFwbGU=",
    ):
        assert value not in told
