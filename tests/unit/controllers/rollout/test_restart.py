"""A controller that is killed at any write of a release is carried on by the next one.

Every third write is tried, all of them with HOLDFAST_EVERY_WRITE=1.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

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
from tests.unit.controllers.rollout.test_analysis import ANALYSIS, first_run, judged, runs, template

CANARY: dict[str, Any] = {
    "canary": {
        "canaryService": "web-canary",
        "stableService": "web-stable",
        "scaleDownDelaySeconds": 5,
        "trafficRouting": {"istio": {"virtualService": {"name": "web"}}},
        "steps": [{"setWeight": 50}, {"pause": {"duration": 3}}],
    }
}
BLUE_GREEN: dict[str, Any] = {
    "blueGreen": {"activeService": "web-stable", "previewService": "web-canary", "scaleDownDelaySeconds": 5}
}
BASIC: dict[str, Any] = {
    "canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 50}, {"pause": {"duration": 3}}]}
}


async def release(world: Stage, strategy: dict[str, Any]) -> None:
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


RELEASES = {"canary": CANARY, "blue-green": BLUE_GREEN, "basic": BASIC}
ABORTED: dict[str, dict[str, Any]] = {
    "canary": {
        "canary": {**CANARY["canary"], "steps": [{"setWeight": 50}, {"pause": {}}], "abortScaleDownDelaySeconds": 5}
    },
    "blue-green": {
        "blueGreen": {**BLUE_GREEN["blueGreen"], "autoPromotionEnabled": False, "abortScaleDownDelaySeconds": 5}
    },
    "basic": {"canary": {"maxSurge": 1, "maxUnavailable": 0, "steps": [{"setWeight": 50}, {"pause": {}}]}},
}
WRITES = {"canary": 38, "blue-green": 22, "basic": 28}
"""No release takes more than these, and no abort more than the half of them."""


STRIDE = 1 if os.environ.get("HOLDFAST_EVERY_WRITE") else 3


def every_write(share: int = 1) -> pytest.MarkDecorator:
    places = [(name, number) for name, most in WRITES.items() for number in range(1, most // share + 1, STRIDE)]
    return pytest.mark.parametrize(("name", "number"), places, ids=[f"{name}-{number}" for name, number in places])


@pytest.mark.parametrize("name", RELEASES)
async def test_there_are_no_more_writes_than_are_tried(name: str) -> None:
    async with stage() as world:
        await release(world, RELEASES[name])
        async with world.controller():
            await world.set_image("web:2")
            await world.until_phase("Healthy", 60)
            await world.clock.sleep(30)
        assert WRITES[name] // 2 < len(world.transport.writes) <= WRITES[name]
        world.survive()
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": ABORTED[name]}})
        async with world.controller():
            await world.set_image("web:3")
            await world.until_phase("Paused")
        world.survive()
        async with world.controller():
            await world.status({"abort": True})
            await world.until_phase("Degraded")
            await world.clock.sleep(60)
        assert len(world.transport.writes) <= WRITES[name] // 2


@every_write()
async def test_a_release_survives_a_kill(name: str, number: int) -> None:
    """The write has reached the server; its answer reached nobody."""
    strategy = RELEASES[name]
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


@every_write(share=2)
async def test_an_abort_survives_a_kill(name: str, number: int) -> None:
    async with stage() as world:
        await release(world, ABORTED[name])
        async with world.controller():
            await world.set_image("web:2")
            await world.until_phase("Paused")
            await world.clock.sleep(2)
        world.survive()
        world.transport.kill_at = number
        async with world.controller():
            await world.status({"abort": True})
            await until_killed(world)
        world.survive()
        async with world.controller():
            await world.until_phase("Degraded", 60)
            await world.clock.sleep(40)
            assert await world.pods() == {"web:1": 2}
            assert (await world.rollout()).status.abort
            if name == "canary":
                assert await world.weights() == (100, 0)
            if name != "basic":
                assert await world.selects("web-stable") == "web:1"
            before = list(world.transport.writes)
            await world.clock.sleep(700)
            assert world.transport.writes == before


@pytest.mark.parametrize("number", range(1, 25, STRIDE))
async def test_a_verdict_counts_wherever_the_controller_was_killed(number: int) -> None:
    """A run that was made and judged while nobody had written its name down would be made and judged again."""
    async with stage() as world:
        await template(world)
        steps = [{"setWeight": 50}, {"analysis": ANALYSIS}]
        await release(world, {"canary": {"steps": steps}})
        world.transport.kill_at = number
        async with world.controller():
            await world.set_image("web:2")
            await until_killed(world)
        for run in await runs(world):
            await judged(world, run["metadata"]["name"], "Failed", "too many errors")
        world.survive()
        async with world.controller():
            if not await runs(world):
                await first_run(world)
            for run in await runs(world):
                await judged(world, run["metadata"]["name"], "Failed", "too many errors")
            await world.until_phase("Degraded", 60)
            assert len(await runs(world)) == 1
