"""Syncs that follow one another at once."""

from __future__ import annotations

from holdfast.model.keys import NamespacedName
from holdfast.testing.builders import config_map
from tests.unit.controllers.application.harness import Stage, namespace, stage


async def started_at(world: Stage) -> str | None:
    state = (await world.application()).status.operation_state
    return state.started_at if state is not None else None


async def test_two_syncs_never_begin_in_the_same_second_for_it_names_them() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map())
        await world.create_application()
        async with world.controller() as controller:
            started = []
            began = world.clock.monotonic()
            for _ in range(3):
                await world.patch_application({"operation": {"sync": {}}})
                await world.settle(controller, 0.2)
                started.append(await started_at(world))
            assert len(set(started)) == 3
            assert world.clock.monotonic() - began < 4
            assert [reason for reason, _ in await world.events()].count("OperationCompleted") == 3


async def test_a_sync_writes_its_application_when_it_begins_and_when_all_is_as_wished() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map())
        await world.create_application(policy={"automated": {}})
        async with world.controller() as controller:
            status = (await world.application()).status
            assert (status.sync.status, status.operation_state and status.operation_state.phase) == (
                "Synced",
                "Succeeded",
            )
            assert [what for what in world.transport.writes if what.endswith("/applications/web")] == [
                "PATCH /apis/argoproj.io/v1alpha1/namespaces/argocd/applications/web"
            ] * 2
            runs = controller.loop.counters.runs
            await world.patch_application({"metadata": {"labels": {"seen": "yes"}}})
            await world.settle(controller, 5)
            assert controller.loop.counters.runs == runs + 1
            assert runs == 1


async def test_only_what_differs_is_applied_where_that_is_asked_for() -> None:
    async with stage() as world:
        await namespace(world)
        world.push(config_map("one"), config_map("two"))
        await world.create_application(policy={"automated": {}, "syncOptions": ["ApplyOutOfSyncOnly=true"]})
        async with world.controller() as controller:
            world.transport.writes.clear()
            await world.clock.sleep(2)
            world.push(config_map("one"), config_map("two", data={"level": "debug"}))
            controller.refresh(NamespacedName("argocd", "web"))
            await world.settle(controller, 5)
            written = [what.rpartition("/")[2] for what in world.transport.writes if "/configmaps/" in what]
            assert written == ["two"]
            assert (await world.application()).status.sync.status == "Synced"
