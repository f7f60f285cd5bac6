"""Several Rollouts released as one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.cli.rollout.looking import together
from holdfast.engine.rollout import group
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from tests.unit.controllers.rollout.harness import DEPLOYMENT, ROLLOUT, Stage, phase_of, rollout_object, stage
from tests.unit.controllers.rollout.test_restart import STRIDE

NAMES = ("api", "web")
SLOW: list[Any] = [{"setWeight": 50}, {"pause": {"duration": 200}}, {"setWeight": 75}]
FAST: list[Any] = [{"setWeight": 50}, {"pause": {"duration": 10}}, {"setWeight": 75}]


def member(name: str, steps: list[Any], image: str = "web:1") -> KubeObject:
    obj = rollout_object({"canary": {"steps": steps}}, replicas=4, image=image)
    obj["metadata"] = {**obj["metadata"], "name": name, "labels": {group.LABEL: "shop"}}
    labels = {"app": name}
    obj["spec"]["selector"] = {"matchLabels": labels}
    obj["spec"]["template"]["metadata"]["labels"] = labels
    return obj


async def start(world: Stage, **steps: list[Any]) -> None:
    for name, said in steps.items():
        await world.put(ROLLOUT, member(name, said))
    for name in steps:
        await healthy(world, name)


async def healthy(world: Stage, name: str, seconds: float = 300) -> Rollout:
    return await world.until(lambda it: it.status.phase == "Healthy", seconds, name)


async def at_step(world: Stage, name: str, step: int, seconds: float = 300) -> Rollout:
    return await world.until(lambda it: it.status.current_step_index == step, seconds, name)


async def both(world: Stage) -> list[Rollout]:
    return [await world.rollout(name) for name in NAMES]


async def test_no_member_is_a_step_ahead_of_another() -> None:
    async with stage() as world, world.controller():
        await start(world, api=SLOW, web=FAST)
        for name in NAMES:
            await world.set_image("web:2", name)
        await at_step(world, "api", 1)
        ahead, told = 0, False
        while not all(found.status.stable_rs == found.status.current_pod_hash for found in await both(world)):
            api, web = await both(world)
            places = [found.status.current_step_index or 0 for found in (api, web)]
            ahead = max(ahead, max(places) - min(places))
            told = told or ("WaitsFor", "api") in await together(world.cluster, web)
            await world.clock.sleep(0.5)
        assert told
        assert ahead <= 1
        for name in NAMES:
            await healthy(world, name)


async def test_an_abort_is_followed_and_names_its_culprit_and_a_retry_is_not_undone_by_it() -> None:
    waiting: list[Any] = [{"setWeight": 50}, {"pause": {}}]
    async with stage() as world, world.controller():
        await start(world, api=waiting, web=waiting)
        for name in NAMES:
            await world.set_image("web:2", name)
        for name in NAMES:
            await world.until(lambda it: it.status.phase == "Paused", name=name)
        await world.status({"abort": True}, "api")
        found = await world.until(lambda it: it.status.phase == "Degraded", name="web")
        assert "Rollout api of release group shop was aborted" in found.status.message
        await world.status({"abort": False}, "web")
        await world.until(lambda it: it.status.phase == "Paused", name="web")
        await world.clock.sleep(60)
        assert not (await world.rollout("web")).status.abort
        await world.status({"abort": False}, "api")
        await world.until(lambda it: it.status.phase == "Paused", name="api")
        await world.clock.sleep(60)
        assert not (await world.rollout("api")).status.abort
        await world.status({"abort": True}, "web")
        found = await world.until(lambda it: it.status.phase == "Degraded", name="api")
        assert "Rollout web of release group shop was aborted" in found.status.message


async def test_a_member_that_does_not_change_is_not_waited_for_nor_aborted() -> None:
    async with stage() as world, world.controller():
        await start(world, api=FAST, web=FAST)
        await world.set_image("web:2", "web")
        await at_step(world, "web", 3)
        await healthy(world, "web")
        await world.set_image("web:3", "web")
        await at_step(world, "web", 1)
        await world.status({"abort": True}, "web")
        await world.clock.sleep(30)
        assert (await world.rollout("api")).status.phase == "Healthy"


@pytest.mark.parametrize("what", ["deleted", "paused", "scaled to nothing"])
async def test_a_member_that_goes_holds_nobody_up(what: str) -> None:
    waiting: list[Any] = [{"setWeight": 50}, {"pause": {}}]
    async with stage() as world, world.controller():
        await start(world, api=FAST if what == "scaled to nothing" else waiting, web=FAST)
        for name in NAMES:
            await world.set_image("web:2", name)
        await at_step(world, "web", 1)
        await world.clock.sleep(60)
        if what == "deleted":
            assert (await world.rollout("web")).status.current_step_index == 1
            await world.cluster.delete(ROLLOUT, "shop", "api")
        else:
            body: dict[str, Any] = {"paused": True} if what == "paused" else {"replicas": 0}
            await world.patch(ROLLOUT, "api", {"spec": body})
        await at_step(world, "web", 3)
        await healthy(world, "web")


async def test_one_that_starts_late_is_waited_for() -> None:
    async with stage() as world, world.controller():
        await start(world, api=FAST, web=[{"setWeight": 50}, {"pause": {"duration": 40}}, {"setWeight": 75}])
        await world.set_image("web:2", "web")
        await at_step(world, "web", 1)
        await world.set_image("web:2", "api")
        await at_step(world, "api", 1)
        for name in NAMES:
            await healthy(world, name)


async def test_a_member_whose_workload_has_another_template_is_believed_only_once_that_was_seen() -> None:
    """The abort of its last release is not one of the next, which has come for both at once."""
    waiting: list[Any] = [{"setWeight": 50}, {"pause": {}}]
    async with stage() as world, world.controller():
        for name in NAMES:
            obj = member(name, waiting)
            spec = {key: obj["spec"].pop(key) for key in ("selector", "template")}
            metadata = {"name": name, "namespace": "shop"}
            lender = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec}
            await world.put(DEPLOYMENT, lender)
            obj["spec"]["workloadRef"] = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
            await world.put(ROLLOUT, obj)
        for name in NAMES:
            await healthy(world, name)
        await lend(world, "web", "web:2")
        await world.until(lambda it: it.status.phase == "Paused", name="web")
        await world.status({"abort": True}, "web")
        await world.until(lambda it: it.status.phase == "Degraded", name="web")
        for name in NAMES:
            await lend(world, name, "web:3")
        for name in NAMES:
            await world.until(lambda it: it.status.phase == "Paused", name=name)
        assert not any("release group" in event for event in await world.events())


async def lend(world: Stage, name: str, image: str) -> None:
    containers = [{"name": "web", "image": image}]
    await world.patch(DEPLOYMENT, name, {"spec": {"template": {"spec": {"containers": containers}}}})


@pytest.mark.parametrize("number", range(1, 40, STRIDE))
async def test_a_joint_release_survives_a_kill(number: int) -> None:
    async with stage() as world:
        async with world.controller():
            await start(world, api=FAST, web=[{"setWeight": 50}, {"pause": {"duration": 20}}])
        world.survive()
        world.transport.kill_at = number
        async with world.controller():
            for name in NAMES:
                await world.set_image("web:2", name)
            killed = asyncio.ensure_future(world.transport.killed.wait())
            await asyncio.wait({killed, asyncio.ensure_future(world.clock.sleep(200))}, return_when="FIRST_COMPLETED")
            killed.cancel()
        world.survive()
        async with world.controller():
            for name in NAMES:
                await world.until(lambda it: phase_of(it) == "Healthy", name=name)
            await world.clock.sleep(20)
            before = list(world.transport.writes)
            await world.clock.sleep(300)
            assert world.transport.writes == before
