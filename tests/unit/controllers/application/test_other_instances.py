"""Two controllers share a cluster and leave each other's Applications alone."""

from __future__ import annotations

from holdfast.model.resource_types import APPLICATION
from holdfast.testing.builders import application_object, config_map, resource
from tests.unit.controllers.application.harness import namespace, stage

CONFIG_MAP = resource("v1", "ConfigMap")


async def test_an_application_of_another_namespace_is_left_alone_even_when_an_object_names_it() -> None:
    async with stage() as world:
        await namespace(world)
        await namespace(world, "other")
        world.push(config_map())
        theirs = application_object(namespace="other", policy={"automated": {}})
        await world.cluster.create(APPLICATION, theirs, field_manager="person")
        async with world.controller() as controller:
            owned = config_map(
                "theirs",
                namespace="shop",
                annotations={"argocd.argoproj.io/tracking-id": "other_web:/ConfigMap:shop/theirs"},
            )
            await world.cluster.create(CONFIG_MAP, owned, field_manager="person")
            await world.settle(controller, 5)
            live = await world.get(APPLICATION, "web", "other")
            assert live is not None
            assert "status" not in live
            assert world.repositories.resolved == 0
