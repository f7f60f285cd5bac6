"""Traffic goes back to the stable service only when its endpoints are those of the stable pods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.controllers.rollout import endpoints
from holdfast.controllers.rollout.world import World
from holdfast.engine.rollout.draft import Seen
from holdfast.model.errors import Waiting
from holdfast.model.kube import KubeObject
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout
from holdfast.model.wanted_traffic import WantedTraffic
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, POD, SERVICE, Stage, service_object, stage

SLICE = resource("discovery.k8s.io/v1", "EndpointSlice")
WANTED = WantedTraffic("web-canary", "web-stable", 0, canary_hash="new", stable_hash="old")


async def is_let(world: Stage, seen_by: World, found: list[KubeObject] | None) -> bool:
    if found is not None:
        obj = {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "web-stable-1",
                "namespace": NAMESPACE_NAME,
                "labels": {"kubernetes.io/service-name": "web-stable"},
            },
            "addressType": "IPv4",
            "endpoints": found,
        }
        await world.put(SLICE, obj)
    canary = {"dynamicStableScale": True, "steps": [{"setWeight": 50}]}
    weights = {"canary": {"weight": 50}, "stable": {"weight": 50}}
    rollout = msgspec.convert(
        {
            "metadata": {"name": "web", "namespace": NAMESPACE_NAME},
            "spec": {"strategy": {"canary": canary}},
            "status": {"canary": {"weights": weights}},
        },
        Rollout,
    )
    try:
        await endpoints.await_stable(seen_by, Seen(rollout, {}, {}, datetime(2026, 1, 1, tzinfo=UTC)), WANTED)
    except Waiting:
        return False
    return True


async def pod(world: Stage, name: str, hash_: str) -> dict[str, Any]:
    obj = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": NAMESPACE_NAME, "labels": {HASH_LABEL: hash_}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}]},
    }
    made = await world.put(POD, obj)
    return {"kind": "Pod", "name": name, "uid": made["metadata"]["uid"]}


@pytest.mark.parametrize(
    ("version", "ready", "expected"),
    [("old", True, True), ("old", None, True), ("old", False, False), ("new", True, False), ("", True, True)],
)
async def test_whose_pods_are_behind_the_service(version: str, ready: bool | None, expected: bool) -> None:
    async with stage() as world, world.controller() as controller:
        references = {hash_: await pod(world, f"web-{hash_}", hash_) for hash_ in ("old", "new")}
        endpoint: dict[str, Any] = {"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}
        endpoint |= {"targetRef": references[version]} if version else {}
        assert await is_let(world, controller.world, [endpoint]) is expected


async def test_a_cluster_without_slices_is_not_waited_for() -> None:
    async with stage() as world, world.controller() as controller:
        assert await is_let(world, controller.world, None)
        assert not await is_let(world, controller.world, [])


@pytest.mark.parametrize(("selected", "expected"), [("new", True), ("old", False)])
async def test_pods_that_stand_in_for_the_stable_ones_are_enough_where_the_service_selects_them(
    selected: str, expected: bool
) -> None:
    async with stage() as world, world.controller() as controller:
        service = service_object("web-stable")
        service["spec"]["selector"] = {"app": "web", HASH_LABEL: selected}
        await world.put(SERVICE, service)
        await world.clock.sleep(1)
        reference = await pod(world, "web-new", "new")
        endpoint = {"addresses": ["10.0.0.1"], "conditions": {"ready": True}, "targetRef": reference}
        assert await is_let(world, controller.world, [endpoint]) is expected
