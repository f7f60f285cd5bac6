"""Every router that can gives the pods of an Experiment their share while it runs, and takes it back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from holdfast.model.kube import KubeObject, annotations_of
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, Stage, stage
from tests.unit.controllers.rollout.routed import deploy, serve
from tests.unit.controllers.rollout.test_experiment import until_phase
from tests.unit.controllers.rollout.test_gateway_api import HTTP, PLUGIN, route_object
from tests.unit.controllers.rollout.test_other_routers import ROUTERS, Router

NEW: dict[str, Any] = {"name": "new", "specRef": "canary", "replicas": 2, "weight": 15}
STEPS: list[dict[str, Any]] = [
    {"setWeight": 20},
    {"experiment": {"templates": [NEW], "duration": "30s"}},
    {"pause": {}},
]
Shares = dict[str, int]
ACTION = "alb.ingress.kubernetes.io/actions.web-root"


def of_action(obj: KubeObject) -> Shares:
    groups = json.loads(obj["metadata"]["annotations"][ACTION])["ForwardConfig"]["TargetGroups"]
    assert {group["ServicePort"] for group in groups} == {"443"}
    return {group["ServiceName"]: group["Weight"] for group in groups}


def of_list(entries: list[dict[str, Any]], key: str, port: str = "") -> Shares:
    assert not port or {entry[port] for entry in entries} == {80}
    return {entry[key]: entry["weight"] for entry in entries}


READ: dict[str, Callable[[KubeObject], Shares]] = {
    "smi": lambda obj: of_list(obj["spec"]["backends"], "service"),
    "alb": of_action,
    "traefik": lambda obj: of_list(obj["spec"]["weighted"]["services"], "name", "port"),
    "apisix": lambda obj: of_list(obj["spec"]["http"][1]["backends"], "serviceName", "servicePort"),
    "gateway": lambda obj: of_list(obj["spec"]["rules"][1]["backendRefs"], "name", "port"),
}
GATEWAY = Router(HTTP, {"plugins": {PLUGIN: {"httpRoute": "web"}}}, route_object("HTTPRoute")["spec"], lambda _: (0, 0))
FOUND = {name: GATEWAY if name == "gateway" else ROUTERS[name] for name in READ}


async def prepared(world: Stage, router: Router) -> None:
    if router.kind.kind != "Ingress":
        await serve(world, router.kind.api_version, router.kind.kind, router.kind.plural)
    if router.spec:
        metadata = {"name": "web", "namespace": NAMESPACE_NAME}
        obj = {"apiVersion": router.kind.api_version, "kind": router.kind.kind, "metadata": metadata}
        await world.put(router.kind, {**obj, "spec": router.spec})
    await deploy(world, router.routing, STEPS)


async def at_experiment(world: Stage) -> str:
    """The name of the one that runs."""
    await world.set_image("web:2")
    name = (await world.until(lambda it: bool(it.status.canary.current_experiment))).status.canary.current_experiment
    await until_phase(world, "Running", name=name)
    await world.clock.sleep(1)
    return name


@pytest.mark.parametrize("which", READ)
async def test_its_share_comes_and_goes(which: str) -> None:
    router, read = FOUND[which], READ[which]

    async def shares() -> Shares:
        return read(await world.get(router.kind, "web"))

    async with stage() as world, world.controller():
        await prepared(world, router)
        before = set(annotations_of(await world.get(router.kind, "web")))
        name = await at_experiment(world)
        assert await shares() == {"web-stable": 65, "web-canary": 20, f"{name}-new": 15}
        await world.until_phase("Paused")
        await world.clock.sleep(1)
        assert await shares() == {"web-stable": 80, "web-canary": 20}
        assert set(annotations_of(await world.get(router.kind, "web"))) == before


@pytest.mark.parametrize("which", READ)
async def test_an_abort_that_another_process_finds_takes_it_back_too(which: str) -> None:
    router, read = FOUND[which], READ[which]
    async with stage() as world:
        async with world.controller():
            await prepared(world, router)
            await at_experiment(world)
        await world.status({"abort": True})
        async with world.controller():
            await world.until_phase("Degraded")
            await world.clock.sleep(1)
            assert read(await world.get(router.kind, "web")) == {"web-stable": 100, "web-canary": 0}


async def test_a_router_that_has_one_canary_refuses_it() -> None:
    ambassador = ROUTERS["ambassador"]
    mapping = resource("getambassador.io/v3alpha1", "Mapping")
    async with stage() as world, world.controller():
        await serve(world, mapping.api_version, mapping.kind, mapping.plural)
        metadata = {"name": "web", "namespace": NAMESPACE_NAME}
        obj = {"apiVersion": mapping.api_version, "kind": mapping.kind, "metadata": metadata, "spec": ambassador.spec}
        await world.put(mapping, obj)
        with pytest.raises(AssertionError, match="ambassador cannot carry out the step experiment with a weight"):
            await deploy(world, ambassador.routing, STEPS)
