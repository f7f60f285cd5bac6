"""Configuration that goes back with the pods: a copy of it for each revision."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from holdfast.engine.rollout import configuration
from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, POD, ROLLOUT, Stage, rollout_object, stage

CONFIG_MAP = resource("v1", "ConfigMap")
SECRET = resource("v1", "Secret")
STEPS = {"canary": {"steps": [{"setWeight": 50}, {"pause": {}}]}}


def config_map(color: str) -> KubeObject:
    metadata = {"name": "settings", "namespace": NAMESPACE_NAME}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"color": color}}


def configured(image: str = "web:1", *, asked: bool = True) -> KubeObject:
    obj = rollout_object(STEPS, replicas=2, image=image)
    container = obj["spec"]["template"]["spec"]["containers"][0]
    container["envFrom"] = [{"configMapRef": {"name": "settings"}}, {"secretRef": {"name": "key", "optional": True}}]
    if asked:
        obj["metadata"]["annotations"] = {configuration.ASKED: "true"}
    return obj


async def colors(world: Stage) -> dict[str, int]:
    """How many pods have which value of the ConfigMap that they name."""
    found: dict[str, int] = {}
    for live in (await world.cluster.list(POD, namespace=NAMESPACE_NAME)).items:
        if not live.metadata.deletion_timestamp:
            sources = live.decode()["spec"]["containers"][0]["envFrom"]
            named = await world.get(CONFIG_MAP, sources[0]["configMapRef"]["name"])
            color = named["data"]["color"]
            found[color] = found.get(color, 0) + 1
    return found


async def until_colors(world: Stage, **expected: int) -> None:
    ends = world.clock.monotonic() + 300
    while (found := await colors(world)) != expected:
        assert world.clock.monotonic() < ends, f"there are {found}, wanted were {expected}"
        await world.clock.sleep(1)


async def copies(world: Stage, kind: Any = CONFIG_MAP) -> list[KubeObject]:
    listing = await world.cluster.list(kind, namespace=NAMESPACE_NAME)
    return [obj for obj in (live.decode() for live in listing.items) if obj.get("immutable")]


async def test_a_change_of_configuration_is_a_release_and_an_abort_takes_it_back() -> None:
    async with stage() as world, world.controller():
        await world.put(CONFIG_MAP, config_map("blue"))
        await world.put(ROLLOUT, configured())
        await world.until_phase("Healthy")
        await world.put(CONFIG_MAP, config_map("green"))
        await world.until_phase("Paused")
        assert await colors(world) == {"blue": 1, "green": 1}
        await world.status({"abort": True})
        await until_colors(world, blue=2)
        await world.put(CONFIG_MAP, config_map("blue"))
        await world.until_phase("Healthy")
        assert len(await copies(world)) == 2


async def test_a_secret_is_kept_too_and_goes_with_the_last_revision_that_has_it() -> None:
    async with stage() as world, world.controller():
        await world.put(CONFIG_MAP, config_map("blue"))
        metadata = {"name": "key", "namespace": NAMESPACE_NAME}
        await world.put(SECRET, {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"a": "b"}})
        await world.put(ROLLOUT, configured())
        await world.until_phase("Healthy")
        await world.set_image("web:2")
        await world.until_phase("Paused")
        (copy,) = await copies(world, SECRET)
        assert copy["data"] == {"a": "Yg=="}
        assert len(copy["metadata"]["ownerReferences"]) == 2
        await world.cluster.delete(ROLLOUT, NAMESPACE_NAME, "web")
        await world.clock.sleep(60)
        assert not await copies(world, SECRET)
        assert not await copies(world)


async def test_to_ask_for_it_starts_no_release() -> None:
    async with stage() as world:
        await world.put(CONFIG_MAP, config_map("blue"))
        async with world.controller():
            await world.put(ROLLOUT, configured(asked=False))
            before = await world.until_phase("Healthy")
            await world.put(ROLLOUT, configured())
            await world.clock.sleep(100)
        async with world.controller():
            await world.clock.sleep(100)
            after = await world.until_phase("Healthy")
            assert after.status.current_pod_hash == before.status.current_pod_hash
            assert not await copies(world)
            await world.put(CONFIG_MAP, config_map("green"))
            after = await world.until_phase("Paused")
            assert after.status.current_pod_hash != before.status.current_pod_hash


@pytest.mark.parametrize("number", range(1, 12))
async def test_it_survives_a_kill(number: int) -> None:
    async with stage() as world:
        await world.put(CONFIG_MAP, config_map("blue"))
        async with world.controller():
            await world.put(ROLLOUT, configured())
            await world.until_phase("Healthy")
            await world.clock.sleep(40)
        world.survive()
        world.transport.kill_at = number
        async with world.controller():
            await world.put(CONFIG_MAP, config_map("green"))
            killed = asyncio.ensure_future(world.transport.killed.wait())
            await asyncio.wait({killed, asyncio.ensure_future(world.clock.sleep(60))}, return_when="FIRST_COMPLETED")
            killed.cancel()
        world.survive()
        async with world.controller():
            await world.until_phase("Paused")
            assert await colors(world) == {"blue": 1, "green": 1}
            assert len(await copies(world)) == 2
            await world.clock.sleep(20)
            before = list(world.transport.writes)
            await world.clock.sleep(300)
            assert world.transport.writes == before, "it writes though there is nothing to do"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"containers": [{"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "x", "key": "k"}}}]}]}, "x"),
        ({"initContainers": [{"envFrom": [{"secretRef": {"name": "x"}}]}]}, "x"),
        ({"volumes": [{"name": "v", "secret": {"secretName": "x"}}]}, "x"),
        ({"volumes": [{"name": "v", "configMap": {"name": "x"}}]}, "x"),
        ({"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "x"}}]}}]}, "x"),
        ({"containers": [{"env": [{"name": "A", "value": "x"}]}], "imagePullSecrets": [{"name": "x"}]}, ""),
    ],
)
def test_every_place_that_names_configuration_is_known(spec: KubeObject, expected: str) -> None:
    template = {"spec": spec}
    found = configuration.named(template)
    assert [name for _, name in found] == ([expected] if expected else [])
    changed = configuration.renamed(template, dict.fromkeys(found, "copy"))
    assert [name for _, name in configuration.named(changed)] == (["copy"] if expected else [])
    assert configuration.renamed(template, {}) == template
