"""Syncs that follow one another at once."""

from __future__ import annotations

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
