"""A controller that is killed at any write of a release is carried on by the next one."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.controllers.rollout.harness import (
    ROLLOUT,
    SERVICE,
    VIRTUAL_SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
    virtual_service_object,
)

CANARY = {
    "canary": {
        "canaryService": "web-canary",
        "stableService": "web-stable",
        "scaleDownDelaySeconds": 5,
        "trafficRouting": {"istio": {"virtualService": {"name": "web"}}},
        "steps": [{"setWeight": 50}, {"pause": {"duration": 3}}],
    }
}
BLUE_GREEN = {"blueGreen": {"activeService": "web-stable", "previewService": "web-canary", "scaleDownDelaySeconds": 5}}
BASIC = {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 50}, {"pause": {"duration": 3}}]}}


async def release(world: Stage, strategy: dict[str, object]) -> None:
    for name in ("web-stable", "web-canary"):
        await world.put(SERVICE, service_object(name))
    await world.put(VIRTUAL_SERVICE, virtual_service_object())
    async with world.controller():
        await world.put(ROLLOUT, rollout_object(strategy, replicas=2))
        await world.until_phase("Healthy")
        await world.clock.sleep(2)
    world.survive()


async def until_killed(world: Stage) -> None:
    killed = asyncio.ensure_future(world.transport.killed.wait())
    rest = asyncio.ensure_future(world.clock.sleep(40))
    await asyncio.wait({killed, rest}, return_when=asyncio.FIRST_COMPLETED)
    killed.cancel()
    rest.cancel()


@pytest.mark.parametrize("strategy", [CANARY, BLUE_GREEN, BASIC], ids=["canary", "blue-green", "basic"])
@pytest.mark.parametrize("number", range(1, 25))
async def test_a_release_survives_a_kill(strategy: dict[str, object], number: int) -> None:
    """The write has reached the server; its answer reached nobody."""
    async with stage() as world:
        await release(world, strategy)
        world.transport.kill_at = number
        async with world.controller():
            await world.set_image("web:2")
            await until_killed(world)
        world.survive()
        async with world.controller():
            found = await world.until_phase("Healthy", 60)
            await world.clock.sleep(10)
            assert await world.pods() == {"web:2": 2}
            assert await world.sets() == {"web:1": 0, "web:2": 2}
            assert found.status.stable_rs == found.status.current_pod_hash
            assert found.metadata.annotations["rollout.argoproj.io/revision"] == "2"
            if strategy is CANARY:
                assert await world.weights() == (100, 0)
            if strategy is not BASIC:
                assert await world.selects("web-stable") == "web:2"
            before = list(world.transport.writes)
            await world.clock.sleep(700)
            assert world.transport.writes == before
