"""A canary whose two services change places at every promotion, so that no traffic moves when it is done."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject
from tests.unit.controllers.rollout.harness import (
    ROLLOUT,
    SERVICE,
    VIRTUAL_SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)


def virtual_service() -> KubeObject:
    route = [
        {"destination": {"host": "web-ping"}, "weight": 100},
        {"destination": {"host": "web-pong"}, "weight": 0},
    ]
    return {
        "apiVersion": "networking.istio.io/v1",
        "kind": "VirtualService",
        "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"hosts": ["web"], "http": [{"name": "primary", "route": route}]},
    }


async def shares(world: Stage) -> tuple[int, int]:
    """Of ping and of pong."""
    found = (await world.get(VIRTUAL_SERVICE, "web"))["spec"]["http"][0]["route"]
    weights = {one["destination"]["host"]: one.get("weight", 0) for one in found}
    return weights["web-ping"], weights["web-pong"]


async def deployed(world: Stage) -> None:
    steps: list[dict[str, Any]] = [{"setWeight": 40}, {"pause": {}}]
    routing = {"istio": {"virtualService": {"name": "web", "routes": ["primary"]}}}
    services = {"pingPong": {"pingService": "web-ping", "pongService": "web-pong"}}
    for name in ("web-ping", "web-pong"):
        await world.put(SERVICE, service_object(name))
    await world.put(VIRTUAL_SERVICE, virtual_service())
    strategy = {"canary": {"steps": steps, "trafficRouting": routing, **services}}
    await world.put(ROLLOUT, rollout_object(strategy, replicas=5))
    await world.until_phase("Healthy")


async def test_services_change_places_and_back() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        first = await serving(world)
        assert (await shares(world))[place(first)] == 100
        for number, image in enumerate(("web:2", "web:3", "web:4")):
            stable = await serving(world)
            await world.set_image(image)
            await world.until(lambda it: it.status.current_step_index == 1)
            await world.until_phase("Paused")
            assert (await shares(world))[place(stable)] == 60
            assert await world.selects(other(stable)) == image
            assert await world.selects(stable) == f"web:{number + 1}"
            await world.status({"pauseConditions": None})
            await world.until_phase("Healthy")
            await world.clock.sleep(2)
            assert await serving(world) == other(stable)
            assert (await shares(world))[place(other(stable))] == 100
            assert await world.selects(other(stable)) == image
            await world.clock.sleep(40)


async def test_an_abort_leaves_the_services_in_their_places() -> None:
    async with stage() as world, world.controller():
        await deployed(world)
        stable = await serving(world)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.status({"abort": True})
        await world.until_phase("Degraded")
        await world.clock.sleep(40)
        assert await serving(world) == stable
        assert await world.selects(stable) == "web:1"
        assert (await shares(world))[place(stable)] == 100
        assert await world.pods() == {"web:1": 5}


async def serving(world: Stage) -> str:
    weights = (await world.rollout()).status.canary.weights
    assert weights is not None
    return weights.stable.service_name


def place(service: str) -> int:
    return 0 if service == "web-ping" else 1


def other(service: str) -> str:
    return "web-pong" if service == "web-ping" else "web-ping"
