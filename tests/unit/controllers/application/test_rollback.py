"""What the controller makes of a rollback and of other requests that need no sync of their own."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.cli.app.rollback import rollback_of
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP
from holdfast.testing.builders import config_map, project_object
from tests.unit.controllers.application.harness import Stage, namespace, stage

POLICY = {"syncOptions": ["CreateNamespace=true"]}


async def app(world: Stage) -> KubeObject:
    found = await world.get(APPLICATION, "web", "argocd")
    assert found is not None
    return found


async def test_a_rollback_deploys_what_the_history_says_and_is_a_deployment_itself() -> None:
    def settings(level: str) -> dict[str, Any]:
        return config_map(data={"level": level})

    async with stage() as world:
        old = world.push(settings("old"))
        await world.create_application(policy=POLICY)
        async with world.controller() as controller:
            await world.patch_application({"operation": {"sync": {}}})
            await world.settle(controller, 1)
            new = world.push(settings("new"))
            await world.settle(controller, 200)
            await world.patch_application({"operation": {"sync": {}}})
            await world.settle(controller, 1)
            await world.patch_application({"operation": rollback_of(await app(world))})
            await world.settle(controller, 1)
            live = await world.get(CONFIG_MAP, "settings")
            assert live is not None
            assert live["data"] == {"level": "old"}
            status = (await world.application()).status
            assert [entry.revision for entry in status.history] == [old, new, old]
            assert (status.sync.status, status.sync.revision) == ("OutOfSync", new)


async def test_orphaned_objects_are_told_when_the_project_asks() -> None:
    async with stage() as world:
        await namespace(world)
        await world.put(config_map("left-over", namespace="shop"), CONFIG_MAP)
        world.push(config_map())
        await world.create_application(policy={"automated": {}})
        async with world.controller() as controller:
            assert (await world.application()).status.conditions == ()
            await world.put(project_object(orphanedResources={"warn": True}), APP_PROJECT)
            await world.settle(controller, 1)
            [condition] = msgspec.to_builtins((await world.application()).status.conditions)
            assert condition["type"] == "OrphanedResourceWarning"
            assert condition["message"] == "Application has 1 orphaned resource: ConfigMap/left-over"
