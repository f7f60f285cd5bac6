"""Releases whose traffic a router other than Istio shares: 10, 30 and 100 percent, and the way back."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import ROLLOUT, SERVICE, Stage, rollout_object, service_object

STEPS: list[dict[str, Any]] = [
    {"setWeight": 10},
    {"pause": {}},
    {"setWeight": 30},
    {"pause": {}},
    {"setWeight": 100},
    {"pause": {}},
]
Weights: TypeAlias = Callable[[Stage], Awaitable[tuple[int, int]]]
"""Of the stable and of the canary service."""


async def serve(world: Stage, api_version: str, kind: str, plural: str) -> None:
    """The cluster serves one more kind, whatever its objects hold."""
    group, _, version = api_version.partition("/")
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    served: dict[str, Any] = {"name": version, "served": True, "storage": True, "subresources": {"status": {}}}
    served["schema"] = {"openAPIV3Schema": schema}
    names = {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": f"{kind}List"}
    definition = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": names, "versions": [served]},
    }
    await world.cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
    while (await world.cluster.discover()).find(resource(api_version, kind).group_kind) is None:
        await world.clock.sleep(0.1)


async def deploy(world: Stage, routing: dict[str, Any], steps: list[dict[str, Any]] | None = None) -> None:
    for name in ("web-stable", "web-canary"):
        await world.put(SERVICE, service_object(name))
    services = {"canaryService": "web-canary", "stableService": "web-stable"}
    strategy = {"canary": {**services, "steps": steps or STEPS, "trafficRouting": routing}}
    obj: KubeObject = rollout_object(strategy, replicas=10)
    await world.put(ROLLOUT, obj)
    await world.until_phase("Healthy")


async def release(world: Stage, weights: Weights) -> None:
    """All steps, each seen at the router."""
    await world.set_image("web:2")
    for index, weight in ((1, 10), (3, 30), (5, 100)):
        while (await world.until_phase("Paused")).status.current_step_index != index:
            await world.clock.sleep(0.5)
        assert await weights(world) == (100 - weight, weight)
        await world.status({"pauseConditions": None})
    await world.until_phase("Healthy")
    await world.clock.sleep(5)
    assert await weights(world) == (100, 0)
    assert await world.selects("web-stable") == "web:2"


async def abort(world: Stage, weights: Weights) -> None:
    await world.set_image("web:3")
    await world.until_phase("Paused")
    assert await weights(world) == (90, 10)
    await world.status({"abort": True})
    await world.until_phase("Degraded")
    await world.clock.sleep(1)
    assert await weights(world) == (100, 0)
