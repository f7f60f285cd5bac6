"""A push that a webhook tells of is in the cluster at once."""

from __future__ import annotations

from holdfast.model.keys import NamespacedName
from holdfast.testing.builders import config_map, resource
from tests.unit.controllers.application.harness import namespace, stage

CONFIG_MAP = resource("v1", "ConfigMap")
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}


async def test_a_refresh_asks_the_repository_and_does_not_wait_for_the_poll() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map("settings", data={"level": "info"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller(poll_seconds=100_000) as controller:
            await world.settle(controller, seconds=5)
            newest = world.push(config_map("settings", data={"level": "debug"}))
            controller.refresh(NamespacedName("argocd", "web"))
            await world.settle(controller, seconds=2)
            live = await world.get(CONFIG_MAP, "settings")
            assert live is not None
            assert live["data"] == {"level": "debug"}
            assert (await world.application()).status.sync.revision == newest
