"""What happens to an object between the look of a sync and its deletion."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from holdfast.testing.builders import config_map, resource
from tests.unit.controllers.application.harness import Stage, stage

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
CONFIG_MAP = resource("v1", "ConfigMap")
Meanwhile = Callable[[Stage], Awaitable[None]]


async def handed_over(world: Stage) -> None:
    metadata = {"annotations": {"argocd.argoproj.io/tracking-id": "shop:/ConfigMap:shop/old"}}
    await world.patch(CONFIG_MAP, "old", {"metadata": metadata}, "shop")


async def written(world: Stage) -> None:
    await world.patch(CONFIG_MAP, "old", {"data": {"seen": "now"}}, "shop")


async def pruned(world: Stage, meanwhile: Meanwhile) -> str:
    """What the sync says of the object that Git does not want any more."""
    world.push(config_map(), config_map("old"))
    await world.create_application(policy=AUTOMATED)
    async with world.controller() as controller:
        world.push(config_map())
        world.transport.before_deletion = lambda: meanwhile(world)
        await world.settle(controller, 121)
        state = (await world.application()).status.operation_state
        assert state is not None
        assert state.phase == "Succeeded", state.message
        assert state.sync_result is not None
        return next(result.message for result in state.sync_result.resources if result.name == "old")


async def test_an_object_that_another_application_took_over_meanwhile_is_kept() -> None:
    async with stage() as world:
        assert await pruned(world, handed_over) == "kept: it belongs to shop by now"
        assert await world.get(CONFIG_MAP, "old", "shop") is not None


async def test_an_object_that_was_only_written_meanwhile_is_deleted_all_the_same() -> None:
    async with stage() as world:
        assert await pruned(world, written) == "pruned"
        assert await world.get(CONFIG_MAP, "old", "shop") is None
