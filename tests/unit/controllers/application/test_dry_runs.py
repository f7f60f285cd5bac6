"""What the server is asked to try out, and what need not be asked."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import CONFIG_MAP
from holdfast.testing.builders import config_map, obj, resource
from tests.unit.controllers.application.harness import Stage, namespace, stage

WEBHOOKS = resource("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", namespaced=False)


def webhook(resources: str) -> KubeObject:
    rule = {"apiGroups": [""], "apiVersions": ["v1"], "resources": [resources], "operations": ["UPDATE"]}
    one: dict[str, Any] = {
        "name": "check.example.com",
        "rules": [rule],
        "clientConfig": {"url": "https://check.example.com"},
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "failurePolicy": "Ignore",
    }
    return obj("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "check", webhooks=[one])


async def committed(world: Stage, first: KubeObject, second: KubeObject) -> int:
    """How many dry-runs the second commit took."""
    await namespace(world)
    world.push(first)
    await world.create_application(policy={"automated": {}})
    async with world.controller() as controller:
        asked = len(world.transport.dry_runs)
        world.push(second)
        await world.settle(controller, 200)
        live = await world.get(CONFIG_MAP, "settings", "shop")
        assert live is not None
        assert live["data"] == second["data"]
        assert (await world.application()).status.sync.status == "Synced"
        return len(world.transport.dry_runs) - asked


async def test_a_commit_that_changes_text_alone_takes_no_dry_run() -> None:
    async with stage() as world:
        assert await committed(world, config_map(data={"a": "1"}), config_map(data={"a": "2"})) == 0


async def test_a_commit_that_changes_more_takes_one() -> None:
    async with stage() as world:
        assert await committed(world, config_map(data={"a": "1"}), config_map(data={"a": "2", "b": "1"})) == 1


@pytest.mark.parametrize(("looked_at", "asked"), [("configmaps", 1), ("ingresses", 0)])
async def test_the_server_is_asked_where_a_webhook_has_a_say(looked_at: str, asked: int) -> None:
    async with stage() as world:
        await world.put(webhook(looked_at), WEBHOOKS)
        assert await committed(world, config_map(data={"a": "1"}), config_map(data={"a": "2"})) == asked
