"""A canary whose traffic Istio shares."""

from __future__ import annotations

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

STEPS: list[dict[str, Any]] = [{"setWeight": 20}, {"pause": {}}, {"setWeight": 60}, {"pause": {"duration": 30}}]


def strategy(**more: Any) -> dict[str, Any]:
    routing = {"istio": {"virtualService": {"name": "web", "routes": ["primary"]}}}
    services = {"canaryService": "web-canary", "stableService": "web-stable"}
    return {"canary": {**services, "steps": STEPS, "trafficRouting": routing, **more}}


async def deployed(world: Stage, *, replicas: int = 5, **more: Any) -> None:
    for name in ("web-stable", "web-canary"):
        await world.put(SERVICE, service_object(name))
    await world.put(VIRTUAL_SERVICE, virtual_service_object())
    await world.put(ROLLOUT, rollout_object(strategy(**more), replicas=replicas))
    await world.until_phase("Healthy")


async def test_weights_follow_the_steps_and_the_old_pods_stay_for_a_while() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        assert await world.weights() == (100, 0)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        assert await world.weights() == (80, 20)
        assert await world.pods() == {"web:1": 5, "web:2": 1}
        assert (await world.selects("web-stable"), await world.selects("web-canary")) == ("web:1", "web:2")
        await world.status({"pauseConditions": None})
        await world.until(lambda it: it.status.current_step_index == 3)
        assert await world.weights() == (40, 60)
        assert await world.pods() == {"web:1": 5, "web:2": 3}
        await world.until_phase("Healthy")
        await world.clock.sleep(5)
        assert await world.weights() == (100, 0)
        assert await world.selects("web-stable") == "web:2"
        assert await world.pods() == {"web:1": 5, "web:2": 5}
        await world.clock.sleep(40)
        assert await world.pods() == {"web:2": 5}
        assert (await world.get(VIRTUAL_SERVICE, "web"))["spec"]["http"][0]["timeout"] == "5s"


async def test_an_abort_takes_the_traffic_back_at_once_and_the_pods_later() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.status({"abort": True})
        await world.until_phase("Degraded")
        await world.clock.sleep(1)
        assert await world.weights() == (100, 0)
        assert await world.pods() == {"web:1": 5, "web:2": 1}
        await world.clock.sleep(40)
        assert await world.pods() == {"web:1": 5}


async def test_stable_pods_follow_the_traffic_when_asked() -> None:
    async with stage() as world, world.controller():
        await deployed(world, replicas=10, dynamicStableScale=True)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.clock.sleep(5)
        assert await world.pods() == {"web:1": 10, "web:2": 2}, "routers may not have taken over the weight yet"
        await world.clock.sleep(10)
        assert await world.pods() == {"web:1": 8, "web:2": 2}
        await world.status({"pauseConditions": None})
        await world.until(lambda it: it.status.current_step_index == 3)
        await world.clock.sleep(15)
        assert await world.pods() == {"web:1": 4, "web:2": 6}
        await world.status({"abort": True})
        await world.until(
            lambda it: it.status.canary.weights is not None and it.status.canary.weights.canary.weight == 0
        )
        await world.clock.sleep(60)
        assert await world.pods() == {"web:1": 10}


@pytest.mark.parametrize("service", ["", "web-shadow"])
async def test_header_and_mirror_routes_come_and_go(service: str) -> None:
    header = {"name": "beta", "match": [{"headerName": "x-beta", "headerValue": {"exact": "yes"}}]}
    mirror: dict[str, Any] = {"name": "copy", "percentage": 35, "match": [{"method": {"exact": "GET"}}]}
    mirror |= {"service": service} if service else {}
    steps = [{"setCanaryScale": {"replicas": 1}}, {"setHeaderRoute": header}, {"setMirrorRoute": mirror}, {"pause": {}}]
    routing = {
        "istio": {"virtualService": {"name": "web", "routes": ["primary"]}},
        "managedRoutes": [{"name": "beta"}, {"name": "copy"}],
    }
    async with stage() as world, world.controller():
        await deployed(world, steps=steps, trafficRouting=routing)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        routes = (await world.get(VIRTUAL_SERVICE, "web"))["spec"]["http"]
        assert [route["name"] for route in routes] == ["beta", "copy", "primary"]
        assert routes[0]["match"] == [{"headers": {"x-beta": {"exact": "yes"}}}]
        assert routes[0]["route"] == [{"destination": {"host": "web-canary"}, "weight": 100}]
        assert (routes[1]["mirror"], routes[1]["mirrorPercentage"]) == (
            {"host": service or "web-canary"},
            {"value": 35},
        )
        await world.status({"pauseConditions": None})
        await world.until_phase("Healthy")
        await world.clock.sleep(2)
        routes = (await world.get(VIRTUAL_SERVICE, "web"))["spec"]["http"]
        assert [route["name"] for route in routes] == ["primary"]


async def test_a_virtual_service_that_does_not_fit_is_told() -> None:
    async with stage() as world, world.controller():
        for name in ("web-stable", "web-canary"):
            await world.put(SERVICE, service_object(name))
        await world.put(ROLLOUT, rollout_object(strategy()))
        found = await world.until_phase("Degraded")
        assert "VirtualService web is not there" in found.status.message
        await world.put(VIRTUAL_SERVICE, virtual_service_object())
        await world.until_phase("Healthy")


async def test_weights_that_somebody_changed_are_put_right() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        wrong = virtual_service_object()["spec"]["http"]
        await world.patch(VIRTUAL_SERVICE, "web", {"spec": {"http": wrong}})
        await world.clock.sleep(2)
        assert await world.weights() == (80, 20)


async def test_a_router_that_is_not_served_is_refused_before_anything_happens() -> None:
    async with stage() as world, world.controller():
        for name in ("web-stable", "web-canary"):
            await world.put(SERVICE, service_object(name))
        await world.put(
            ROLLOUT, rollout_object(strategy(trafficRouting={"appMesh": {"virtualService": {"name": "web"}}}))
        )
        found = await world.until_phase("Degraded")
        assert "appMesh is not served" in found.status.message
        assert await world.sets() == {}
