"""What the controller makes of a rollback and of other requests that need no sync of their own."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from holdfast.cli.app.rollback import lifting_of, request_of
from holdfast.controllers.application.controller import ApplicationController
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP, SECRET, SYNC_RECORD
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


async def rolled_back(world: Stage, controller: ApplicationController, policy: dict[str, Any]) -> tuple[str, str]:
    """Answers the good revision, which is deployed, and the bad one, which Git names."""
    good = world.push(config_map(data={"level": "good"}))
    await world.create_application(policy=policy)
    await world.settle(controller, 2)
    bad = world.push(config_map(data={"level": "bad"}), config_map("newer"))
    await world.settle(controller, 130)
    await world.patch_application(request_of(await app(world)))
    await world.settle(controller, 2)
    assert await level(world) == "good"
    return good, bad


async def test_drift_from_the_deployment_of_a_rollback_is_healed_and_what_is_held_off_stays_away() -> None:
    async with stage() as world, world.controller() as controller:
        good, bad = await rolled_back(world, controller, AUTOMATED)
        for _ in range(3):
            await world.patch(CONFIG_MAP, "settings", {"data": {"level": "by hand"}})
            await world.settle(controller, 2)
            assert await level(world) == "good"
        found = await world.application()
        state = found.status.operation_state
        assert state is not None
        assert state.operation.initiated_by.automated
        assert [entry.revision for entry in found.status.history] == [good, bad, good]
        assert [one.type for one in found.status.conditions] == ["RevisionHeld"]
        newer = await world.get(CONFIG_MAP, "newer")
        assert newer is not None, "a rollback that was not asked to prune does not prune later"
        world.transport.writes.clear()
        await world.settle(controller, 600)
        assert world.transport.writes == []


async def test_without_self_heal_drift_from_the_deployment_of_a_rollback_stays() -> None:
    async with stage() as world, world.controller() as controller:
        await rolled_back(world, controller, {"automated": {}, **POLICY})
        await world.patch(CONFIG_MAP, "settings", {"data": {"level": "by hand"}})
        await world.settle(controller, 130)
        assert await level(world) == "by hand"


async def test_a_hold_by_hand_on_what_is_deployed_heals_nothing_towards_it() -> None:
    async with stage() as world, world.controller() as controller:
        world.push(config_map(data={"level": "good"}))
        await world.create_application(policy=AUTOMATED)
        await world.settle(controller, 2)
        bad = world.push(config_map(data={"level": "bad"}))
        await world.settle(controller, 130)
        await world.patch_application({"metadata": {"annotations": {"holdfast.dev/hold": bad}}})
        await world.settle(controller, 2)
        await world.patch(CONFIG_MAP, "settings", {"data": {"level": "by hand"}})
        await world.settle(controller, 130)
        assert await level(world) == "by hand"


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


async def test_a_rollback_works_when_git_has_forgotten_the_commit() -> None:
    """The history was rewritten; what the Secret holds is nowhere but in the cluster."""
    login = obj("v1", "Secret", "login", stringData={"password": "planted"})
    hook = obj("v1", "ConfigMap", "", annotations={"argocd.argoproj.io/hook": "PreSync"}, data={"a": "b"})
    hook["metadata"]["generateName"] = "prepare-"
    async with stage() as world:
        good = world.push(config_map(data={"level": "good"}), login, hook)
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(config_map(data={"level": "bad"}), config_map("extra"), login)
            await world.settle(controller, 130)
            world.repositories.forget(good)
            for _ in range(2):
                await world.patch_application(request_of(await app(world), 0, prune=True))
                await world.settle(controller, 3)
                state = (await app(world))["status"]["operationState"]
                assert state["phase"] == "Succeeded"
                assert "from the record" in state["message"]
                assert "has no commit" in state["message"]
                assert "Secrets were left as they are: shop/login" in state["message"]
                assert await level(world) == "good"
                assert await world.get(CONFIG_MAP, "extra") is None
                kept = await world.get(SECRET, "login")
                assert kept is not None
                assert kept["data"]["password"] == base64.b64encode(b"planted").decode()
                # The first record of this revision is gone: what that rollback recorded serves the next one.
                first = sorted(one.metadata.name for one in (await world.cluster.list(SYNC_RECORD)).items)[0]
                await world.cluster.delete(SYNC_RECORD, "argocd", first)
                await world.settle(controller, 2)


async def test_a_rollback_that_neither_git_nor_the_ledger_can_serve_says_so() -> None:
    async with stage() as world:
        good = world.push(config_map(data={"level": "good"}))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(config_map(data={"level": "bad"}))
            await world.settle(controller, 130)
            world.repositories.forget(good)
            for one in (await world.cluster.list(SYNC_RECORD)).items:
                await world.cluster.delete(SYNC_RECORD, "argocd", one.metadata.name)
            await world.patch_application(request_of(await app(world)))
            await world.settle(controller, 3)
            state = (await app(world))["status"]["operationState"]
            assert (state["phase"], "has no commit" in state["message"]) == ("Error", True)
            assert await level(world) == "bad"


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
