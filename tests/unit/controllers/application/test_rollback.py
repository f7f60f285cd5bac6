"""What the controller makes of a rollback and of other requests that need no sync of their own."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.cli.app.rollback import lifting_of, request_of
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP
from holdfast.testing.builders import config_map, obj, project_object
from tests.unit.controllers.application.harness import Stage, namespace, stage

POLICY = {"syncOptions": ["CreateNamespace=true"]}
POD = {"containers": [{"name": "wait", "image": "wait:1"}]}


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
            await world.patch_application(request_of(await app(world)))
            await world.settle(controller, 1)
            live = await world.get(CONFIG_MAP, "settings")
            assert live is not None
            assert live["data"] == {"level": "old"}
            status = (await world.application()).status
            assert [entry.revision for entry in status.history] == [old, new, old]
            assert (status.sync.status, status.sync.revision) == ("OutOfSync", new)


AUTOMATED = {"automated": {"prune": True, "selfHeal": True}, **POLICY}


async def level(world: Stage) -> str | None:
    live = await world.get(CONFIG_MAP, "settings")
    return live["data"]["level"] if live is not None else None


async def test_a_rollback_holds_the_bad_revision_until_git_moves_past_it() -> None:
    async with stage() as world:
        world.push(config_map(data={"level": "good"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            bad = world.push(config_map(data={"level": "bad"}))
            await world.settle(controller, 130)
            assert await level(world) == "bad"
            await world.patch_application(request_of(await app(world)))
            await world.settle(controller, 2)
            assert await level(world) == "good"
        world.survive()
        async with world.controller() as controller:
            await world.settle(controller, 600)
            assert world.transport.writes == []
            assert await level(world) == "good"
            [condition] = (await world.application()).status.conditions
            assert (condition.type, bad in condition.message) == ("RevisionHeld", True)
            await world.patch_application({"operation": {"sync": {}}})
            await world.settle(controller, 2)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert (state.phase, "--lift" in state.message) == ("Failed", True)
            world.push(config_map(data={"level": "better"}))
            await world.settle(controller, 130)
            assert await level(world) == "better"
            found = await world.application()
            assert found.status.conditions == ()
            assert "holdfast.dev/hold" not in found.metadata.annotations


async def test_a_hold_that_is_lifted_lets_the_revision_through() -> None:
    async with stage() as world:
        world.push(config_map(data={"level": "good"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(config_map(data={"level": "bad"}))
            await world.settle(controller, 130)
            await world.patch_application(request_of(await app(world)))
            await world.settle(controller, 2)
            await world.patch_application(lifting_of(await app(world)))
            await world.settle(controller, 2)
            assert await level(world) == "bad"
            assert (await world.application()).status.conditions == ()


async def test_a_stuck_automated_sync_gives_way_to_the_rollback_from_it() -> None:
    async with stage() as world:
        world.push(config_map(data={"level": "good"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            stuck = obj("v1", "Pod", "never", annotations={"argocd.argoproj.io/sync-wave": "-1"}, spec=POD)
            world.push(config_map(data={"level": "bad"}), stuck)
            await world.settle(controller, 130)
            assert (await app(world))["status"]["operationState"]["phase"] == "Running"
            await world.patch_application(request_of(await app(world)))
            await world.settle(controller, 5)
            state = (await app(world))["status"]["operationState"]
            assert state["phase"] == "Succeeded"
            assert await level(world) == "good"
            assert any("is held off" in message for _, message in await world.events())


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
