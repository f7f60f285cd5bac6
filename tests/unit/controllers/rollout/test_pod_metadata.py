"""Labels and annotations of a role: on the pods that come and on those that run, and never on the wrong ones."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.unit.controllers.rollout.harness import POD, ROLLOUT, SERVICE, Stage, rollout_object, service_object, stage

CANARY = {
    "canary": {
        "maxSurge": 1,
        "maxUnavailable": 0,
        "steps": [{"setWeight": 50}, {"pause": {}}],
        "canaryMetadata": {"labels": {"role": "new", "app": "other"}, "annotations": {"probe": "yes"}},
        "stableMetadata": {"labels": {"role": "old"}},
    }
}
BLUE_GREEN = {
    "blueGreen": {
        "activeService": "active",
        "previewService": "preview",
        "autoPromotionEnabled": False,
        "scaleDownDelaySeconds": 30,
        "previewMetadata": {"labels": {"role": "new"}, "annotations": {"probe": "yes"}},
        "activeMetadata": {"labels": {"role": "old"}},
    }
}


async def roles(world: Stage) -> set[tuple[str, str, str, str]]:
    """(image, label app, label role, annotation probe) of every pod that is not going."""
    found = set()
    for live in (await world.cluster.list(POD, namespace="shop")).items:
        pod: dict[str, Any] = live.decode()
        metadata = pod["metadata"]
        if not metadata.get("deletionTimestamp"):
            labels, annotations = metadata["labels"], metadata.get("annotations") or {}
            image = pod["spec"]["containers"][0]["image"]
            found.add((image, labels["app"], labels.get("role", ""), annotations.get("probe", "")))
    return found


async def deployed(world: Stage, strategy: dict[str, Any]) -> None:
    for name in ("active", "preview"):
        await world.put(SERVICE, service_object(name))
    await world.put(ROLLOUT, rollout_object(strategy, replicas=2))
    await world.until_phase("Healthy")


@pytest.mark.parametrize("strategy", [CANARY, BLUE_GREEN], ids=["canary", "blue-green"])
async def test_pods_carry_their_role_and_change_it_while_they_run(strategy: dict[str, Any]) -> None:
    async with stage() as world, world.controller():
        await deployed(world, strategy)
        assert await roles(world) == {("web:1", "web", "old", "")}
        await world.set_image("web:2")
        await world.until_phase("Paused")
        assert await roles(world) == {("web:1", "web", "old", ""), ("web:2", "web", "new", "yes")}
        before = {live.metadata.name for live in (await world.cluster.list(POD, namespace="shop")).items}
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        await world.clock.sleep(40)
        assert await roles(world) == {("web:2", "web", "old", "")}
        after = {live.metadata.name for live in (await world.cluster.list(POD, namespace="shop")).items}
        assert before & after, "pods were made anew for the sake of a label"


async def test_a_set_is_still_recognised_and_metadata_that_is_taken_out_goes() -> None:
    async with stage() as world, world.controller():
        await deployed(world, CANARY)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.set_image("web:1")
        found = await world.until_phase("Healthy")
        await world.clock.sleep(10)
        assert found.status.stable_rs == found.status.current_pod_hash
        assert await roles(world) == {("web:1", "web", "old", "")}
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": {"canary": {"stableMetadata": None}}}})
        await world.clock.sleep(10)
        assert await roles(world) == {("web:1", "web", "", "")}
        assert set(await world.sets()) == {"web:1", "web:2"}


@pytest.mark.parametrize("number", range(1, 25))
async def test_a_kill_between_any_two_writes_leaves_no_pod_with_the_wrong_role(number: int) -> None:
    async with stage() as world:
        strategy = {"canary": {**CANARY["canary"], "steps": []}}
        async with world.controller():
            await deployed(world, strategy)
        world.survive()
        world.transport.kill_at = number
        async with world.controller():
            await world.set_image("web:2")
            killed = asyncio.ensure_future(world.transport.killed.wait())
            await asyncio.wait({killed}, timeout=30)
            killed.cancel()
        world.survive()
        async with world.controller():
            await world.until_phase("Healthy", 60)
            await world.clock.sleep(10)
            assert await roles(world) == {("web:2", "web", "old", "")}
