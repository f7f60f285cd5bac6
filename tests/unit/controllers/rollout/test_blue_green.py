"""A blue-green release on a whole sandbox cluster."""

from __future__ import annotations

from typing import Any

from holdfast.cli.rollout import tree
from holdfast.engine.lang import instants
from tests.unit.controllers.rollout.harness import (
    NAMESPACE_NAME,
    POD,
    ROLLOUT,
    SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)


def blue_green(**more: Any) -> dict[str, Any]:
    return {"blueGreen": {"activeService": "web", "previewService": "web-preview", **more}}


async def deployed(world: Stage, **more: Any) -> None:
    for name in ("web", "web-preview"):
        await world.put(SERVICE, service_object(name))
    await world.put(ROLLOUT, rollout_object(blue_green(**more), replicas=4))
    await world.until_phase("Healthy")


async def test_it_switches_when_the_new_pods_serve_and_keeps_the_old_ones_for_a_while() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        assert await world.selects("web") == await world.selects("web-preview") == "web:1"
        await world.set_image("web:2")
        await world.until_phase("Healthy")
        assert await world.selects("web") == "web:2"
        assert await world.pods() == {"web:1": 4, "web:2": 4}
        await world.clock.sleep(40)
        assert await world.pods() == {"web:2": 4}


async def test_without_auto_promotion_it_waits_for_a_person() -> None:
    async with stage() as world, world.controller():
        await deployed(world, autoPromotionEnabled=False)
        await world.set_image("web:2")
        found = await world.until_phase("Paused")
        assert found.status.message == "BlueGreenPause"
        await world.clock.sleep(600)
        assert (await world.selects("web"), await world.selects("web-preview")) == ("web:1", "web:2")
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        assert await world.selects("web") == "web:2"


async def test_it_promotes_itself_after_the_given_seconds() -> None:
    async with stage() as world, world.controller():
        await deployed(world, autoPromotionEnabled=False, autoPromotionSeconds=90)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        began = world.clock.monotonic()
        await world.until_phase("Healthy")
        assert 88 <= world.clock.monotonic() - began <= 95


async def test_a_small_preview_grows_before_the_switch() -> None:
    async with stage() as world, world.controller():
        await deployed(world, autoPromotionEnabled=False, previewReplicaCount=1)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        assert await world.pods() == {"web:1": 4, "web:2": 1}
        await world.status({"pauseConditions": None})
        found = await world.until(lambda it: it.status.blue_green.active_selector == it.status.current_pod_hash)
        assert (await world.pods())["web:2"] == 4
        assert found.status.available_replicas == 4


async def test_an_abort_leaves_the_active_pods_and_removes_the_new_ones_later() -> None:
    async with stage() as world, world.controller():
        await deployed(world, autoPromotionEnabled=False)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.status({"abort": True})
        await world.until_phase("Degraded")
        assert await world.pods() == {"web:1": 4, "web:2": 4}
        await world.clock.sleep(40)
        assert await world.pods() == {"web:1": 4}
        assert await world.selects("web") == "web:1"
        await world.status({"abort": False})
        await world.until_phase("Paused")
        assert await world.pods() == {"web:1": 4, "web:2": 4}


async def test_going_back_to_pods_that_are_still_there_does_not_wait() -> None:
    async with stage() as world, world.controller():
        await deployed(world, autoPromotionEnabled=False, scaleDownDelaySeconds=600)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        await world.set_image("web:1")
        await world.until_phase("Healthy", 20)
        assert await world.selects("web") == "web:1"


async def test_a_missing_service_is_told() -> None:
    async with stage() as world, world.controller():
        await world.put(ROLLOUT, rollout_object(blue_green()))
        found = await world.until_phase("Degraded")
        assert 'service "web" not found' in found.status.message
        await world.put(SERVICE, service_object("web"))
        await world.put(SERVICE, service_object("web-preview"))
        await world.until_phase("Healthy")


async def test_a_negative_time_does_not_promote_without_a_person() -> None:
    async with stage() as world, world.controller():
        await world.put(SERVICE, service_object("active"))
        strategy = {"activeService": "active", "autoPromotionEnabled": False}
        await world.put(ROLLOUT, rollout_object({"blueGreen": strategy}, replicas=2))
        await world.until_phase("Healthy")
        await world.patch(ROLLOUT, "web", {"spec": {"strategy": {"blueGreen": {"autoPromotionSeconds": -5}}}})
        await world.set_image("web:2")
        found = await world.until_phase("Degraded")
        assert "autoPromotionSeconds: Invalid value: -5" in found.status.message
        await world.clock.sleep(60)
        assert await world.selects("active") == "web:1"


async def test_a_restart_in_the_middle_renews_the_pods_of_both_versions() -> None:
    async with stage() as world, world.controller():
        await deployed(world, autoPromotionEnabled=False)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        before = {live.metadata.uid for live in (await world.cluster.list(POD, namespace=NAMESPACE_NAME)).items}
        assert len(before) == 8
        await world.clock.sleep(5)
        at = instants.stamp(world.clock.now())
        await world.patch(ROLLOUT, "web", {"spec": {"restartAt": at}})
        await world.until(lambda it: it.status.restarted_at == at)
        after = {live.metadata.uid for live in (await world.cluster.list(POD, namespace=NAMESPACE_NAME)).items}
        assert not before & after


async def test_the_command_tells_which_image_is_for_what() -> None:
    async with stage() as world, world.controller():
        await deployed(world, autoPromotionEnabled=False)
        found = await world.rollout()
        family = await tree.gather(world.cluster, found)
        assert tree.images(found, family) == ["web:1 (stable,active,preview)"]
        await world.set_image("web:2")
        found = await world.until_phase("Paused")
        family = await tree.gather(world.cluster, found)
        assert tree.images(found, family) == ["web:2 (preview)", "web:1 (stable,active)"]
