"""Releases of StatefulSets and DaemonSets whose controller is killed between two of its writes."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.controllers.rollout.harness import Stage, stage
from tests.unit.controllers.rollout.in_place import Deployed
from tests.unit.controllers.rollout.test_restart import STRIDE

STEPS = [{"setWeight": 50}, {"pause": {"duration": 5}}]


async def until_killed(world: Stage) -> None:
    killed = asyncio.ensure_future(world.transport.killed.wait())
    rest = asyncio.ensure_future(world.clock.sleep(60))
    await asyncio.wait({killed, rest}, return_when=asyncio.FIRST_COMPLETED)
    killed.cancel()
    rest.cancel()


async def deployed(world: Stage, kind: str, steps: list[object]) -> Deployed:
    db = Deployed(world, kind)
    async with world.controller():
        await db.start(steps)
        await world.clock.sleep(15)
    world.survive()
    return db


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
@pytest.mark.parametrize("number", range(1, 17, STRIDE))
async def test_a_release_goes_on(kind: str, number: int) -> None:
    """The write has reached the server; its answer reached nobody."""
    async with stage() as world:
        db = await deployed(world, kind, [*STEPS])
        world.transport.kill_at = number
        async with world.controller():
            await db.commit("db:2")
            await until_killed(world)
        world.survive()
        async with world.controller():
            await db.until_pods(v2=4)
            found = await db.until_phase("Healthy")
            assert found.metadata.annotations["rollout.argoproj.io/revision"] == "2"
            await world.clock.sleep(15)
            before = list(world.transport.writes)
            await world.clock.sleep(700)
            assert world.transport.writes == before, "it writes though there is nothing to do"


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
@pytest.mark.parametrize("number", range(1, 13, STRIDE))
async def test_an_abort_goes_on(kind: str, number: int) -> None:
    async with stage() as world:
        db = await deployed(world, kind, [{"setWeight": 50}, {"pause": {}}])
        async with world.controller():
            await db.commit("db:2")
            await db.until_phase("Paused")
        world.survive()
        world.transport.kill_at = number
        async with world.controller():
            await db.status(abort=True)
            await until_killed(world)
        world.survive()
        async with world.controller():
            await db.until_pods(v1=4)
            await db.until_phase("Degraded")
            await world.clock.sleep(15)
            assert "holdfast.dev/held-revision" not in await db.annotations()
            assert (await db.workload())["spec"]["template"]["spec"]["containers"][0]["image"] == "db:2"
            before = list(world.transport.writes)
            await world.clock.sleep(700)
            assert world.transport.writes == before, "it writes though there is nothing to do"
