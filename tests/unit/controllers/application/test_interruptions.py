"""What holds a running sync up, and what ends it before its own end."""

from __future__ import annotations

from typing import Any

from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation
from holdfast.model.resource_types import APP_PROJECT, CONFIG_MAP
from holdfast.testing.builders import config_map, job, project_object
from tests.unit.controllers.application.harness import JOB, Stage, stage

AUTOMATED = {"automated": {"prune": True, "selfHeal": True}, "syncOptions": ["CreateNamespace=true"]}
PRE_SYNC = {Annotation.HOOK.value: "PreSync"}
FIRST = {Annotation.SYNC_WAVE.value: "-1"}


async def settings(world: Stage, name: str, data: dict[str, str]) -> None:
    await world.put(config_map(name, namespace="argocd", data=data), CONFIG_MAP)


async def phase(world: Stage) -> tuple[str, str]:
    state = (await world.application()).status.operation_state
    return (state.phase, state.message) if state is not None else ("", "")


async def finish(world: Stage, name: str = "migrate", *, failed: bool = False) -> None:
    condition = {"type": "Failed" if failed else "Complete", "status": "True", "message": "it ended"}
    await world.patch(JOB, name, {"status": {"conditions": [condition]}}, subresource="status")


async def ended_messages(world: Stage) -> list[str]:
    return [message for reason, message in await world.events() if reason == "OperationCompleted"]


async def test_a_newer_commit_takes_the_place_of_a_hook_that_never_ends() -> None:
    async with stage() as world:
        old = world.push(job(annotations=PRE_SYNC), config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            new = world.push(config_map())
            await world.settle(controller, 60)
            assert (await phase(world))[0] == "Running"
            await world.settle(controller, 240)
            assert (await phase(world))[0] == "Succeeded"
            assert await world.get(JOB, "migrate") is None
            status = (await world.application()).status
            assert [entry.revision for entry in status.history] == [new]
            [message] = [text for text in await ended_messages(world) if "takes the place" in text]
            assert f"newer commit {new} takes the place of {old}" in message
            assert "waiting for completion of hook batch/Job/migrate" in message


async def test_a_newer_commit_takes_the_place_of_a_sync_whose_objects_do_not_become_healthy() -> None:
    async with stage() as world:
        world.push(job("stuck", annotations=FIRST), config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            new = world.push(config_map())
            await world.settle(controller, 300)
            status = (await world.application()).status
            assert [entry.revision for entry in status.history] == [new]
            assert status.sync.status == "Synced"


async def test_a_newer_commit_takes_the_place_of_an_attempt_that_is_waited_for() -> None:
    patient = {**AUTOMATED, "retry": {"limit": 5, "backoff": {"duration": "1h", "maxDuration": "1h"}}}
    async with stage() as world:
        world.push(job(annotations=PRE_SYNC), config_map())
        await world.create_application(policy=patient)
        async with world.controller() as controller:
            await finish(world, failed=True)
            await world.settle(controller, 1)
            assert "Retrying attempt #1" in (await phase(world))[1]
            world.push(config_map())
            await world.settle(controller, 240)
            assert (await phase(world))[0] == "Succeeded"


async def test_making_room_can_be_switched_off() -> None:
    async with stage() as world:
        world.push(job(annotations=PRE_SYNC), config_map())
        await settings(world, "argocd-cm", {"holdfast.sync.supersedeAfter": "off"})
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.push(config_map())
            await world.settle(controller, 3600)
            assert await phase(world) == ("Running", "waiting for completion of hook batch/Job/migrate")


async def test_a_manual_sync_does_not_make_room() -> None:
    async with stage() as world:
        world.push(job(annotations=PRE_SYNC), config_map())
        await world.create_application(policy={"syncOptions": ["CreateNamespace=true"]})
        async with world.controller() as controller:
            await world.patch_application({"operation": {"sync": {}, "initiatedBy": {"username": "ann"}}})
            world.push(config_map())
            await world.settle(controller, 3600)
            assert await phase(world) == ("Running", "waiting for completion of hook batch/Job/migrate")


async def test_a_sync_that_takes_too_long_ends() -> None:
    async with stage() as world:
        world.push(job(annotations=PRE_SYNC), config_map())
        await settings(world, "argocd-cmd-params-cm", {"controller.sync.timeout.seconds": "60"})
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.settle(controller, 50)
            assert (await phase(world))[0] == "Running"
            await world.settle(controller, 30)
            assert await phase(world) == (
                "Failed",
                "Operation terminated: it ran longer than the sync timeout of 60 seconds",
            )
            assert await world.get(JOB, "migrate") is None


async def test_a_sync_can_be_terminated_without_its_repository() -> None:
    async with stage() as world:
        world.push(job(annotations=PRE_SYNC), config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            world.repositories.trouble = Blocked("RepositoryNotFound", "gone")
            await world.patch_application({"status": {"operationState": {"phase": "Terminating"}}})
            await world.settle(controller, 1)
            assert await phase(world) == ("Failed", "Operation terminated")
            assert await world.get(JOB, "migrate") is None


async def test_a_retry_takes_the_newest_commit_when_it_is_asked_to() -> None:
    policy = {**AUTOMATED, "retry": {"limit": 3, "refresh": True, "backoff": {"duration": "200s"}}}
    async with stage() as world:
        world.push(job(annotations=PRE_SYNC), config_map())
        await settings(world, "argocd-cm", {"holdfast.sync.supersedeAfter": "off"})
        await world.create_application(policy=policy)
        async with world.controller() as controller:
            await finish(world, failed=True)
            await world.settle(controller, 1)
            new = world.push(config_map())
            await world.settle(controller, 300)
            state = (await world.application()).status.operation_state
            assert state is not None
            assert state.sync_result is not None
            assert (state.phase, state.retry_count, state.sync_result.revision) == ("Succeeded", 1, new)


async def test_waves_are_a_pause_apart() -> None:
    second = {Annotation.SYNC_WAVE.value: "1"}
    async with stage() as world:
        await settings(world, "argocd-cmd-params-cm", {"controller.sync.wave.delay.seconds": "30"})
        world.push(config_map("a"), config_map("b", annotations=second))
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await world.settle(controller, 20)
            assert await world.get(CONFIG_MAP, "a") is not None
            assert await world.get(CONFIG_MAP, "b") is None
            await world.settle(controller, 15)
            assert await world.get(CONFIG_MAP, "b") is not None


# The clock of the harness starts at midnight.
IN_AN_HOUR = {"kind": "allow", "schedule": "0 1 * * *", "duration": "1h", "applications": ["*"]}


async def with_windows(world: Stage, *windows: dict[str, Any]) -> None:
    await world.put(project_object(syncWindows=list(windows)), APP_PROJECT)


async def test_an_automated_sync_waits_for_its_window_and_says_until_when() -> None:
    async with stage() as world:
        await with_windows(world, IN_AN_HOUR)
        world.push(config_map())
        await world.create_application(policy=AUTOMATED)
        async with world.controller() as controller:
            await settings(world, "argocd-cm", {"timeout.reconciliation": "24h"})
            await world.settle(controller, 3500)
            [condition] = (await world.application()).status.conditions
            assert condition.type == "SyncWindowWarning"
            assert "outside allow window '0 1 * * *' for 1h" in condition.message
            assert "it opens at 2026-01-01T01:00:00Z" in condition.message
            assert await phase(world) == ("", "")
            await world.settle(controller, 110)
            assert (await phase(world))[0] == "Succeeded"
            assert (await world.application()).status.conditions == ()


async def sync_by_hand(world: Stage, **sync: Any) -> None:
    await world.patch_application({"operation": {"sync": sync, "initiatedBy": {"username": "ann"}}})


async def test_a_manual_sync_outside_the_window_is_refused_unless_the_window_lets_it() -> None:
    async with stage() as world:
        await with_windows(world, IN_AN_HOUR)
        world.push(config_map())
        await world.create_application(policy={"syncOptions": ["CreateNamespace=true"]})
        async with world.controller() as controller:
            await sync_by_hand(world)
            await world.settle(controller, 1)
            ended, message = await phase(world)
            assert ended == "Failed"
            assert message.startswith("Cannot sync: blocked by sync window: outside allow window")
            await sync_by_hand(world, dryRun=True)
            await world.settle(controller, 1)
            assert (await phase(world))[0] == "Succeeded"
            await with_windows(world, {**IN_AN_HOUR, "manualSync": True})
            await sync_by_hand(world)
            await world.settle(controller, 1)
            assert (await phase(world))[0] == "Succeeded"


async def held_by_a_denial(world: Stage, **more: Any) -> tuple[KubeObject | None, str]:
    """A sync waits for its hook until a denial is active; then the hook ends."""
    await with_windows(
        world, {"kind": "deny", "schedule": "5 0 * * *", "duration": "10m", "applications": ["*"], **more}
    )
    world.push(job(annotations=PRE_SYNC), config_map())
    await world.create_application(policy=AUTOMATED)
    async with world.controller() as controller:
        await world.settle(controller, 360)
        await finish(world)
        await world.settle(controller, 60)
        found = await world.get(CONFIG_MAP, "settings"), (await phase(world))[1]
        await world.settle(controller, 600)
        assert (await phase(world))[0] == "Succeeded"
    return found


async def test_a_running_sync_rests_while_a_denial_is_active() -> None:
    async with stage() as world:
        applied, message = await held_by_a_denial(world)
        assert applied is None
        assert message.startswith("Sync operation blocked by sync window: deny window '5 0 * * *' for 10m is active")


async def test_a_running_sync_overruns_a_window_that_lets_it() -> None:
    async with stage() as world:
        applied, _ = await held_by_a_denial(world, syncOverrun=True)
        assert applied is not None
