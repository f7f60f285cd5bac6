"""Releases whose traffic a router shares: the weights in its objects, and who gets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from holdfast.engine.lang.yaml_documents import load_all
from holdfast.engine.rollout import requests
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION
from holdfast.testing.builders import resource
from tests.features.house import House
from tests.features.page import Page
from tests.features.steps import SOON
from tests.features.test_rollouts import (
    ask,
    controllers,
    hash_of,
    pods,
    rollout_of,
    until_health,
    until_pods,
    with_image,
)

VIRTUAL_SERVICE = resource("networking.istio.io/v1", "VirtualService")
HTTP_ROUTE = resource("gateway.networking.k8s.io/v1", "HTTPRoute")
ISTIO = Path(__file__).resolve().parents[2] / "examples" / "crds" / "istio.yaml"
FREE_FORM = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
GATEWAY_API: KubeObject = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "httproutes.gateway.networking.k8s.io",
        # Without it a real API server refuses kinds of this group.
        "annotations": {"api-approved.kubernetes.io": "unapproved, for tests alone"},
    },
    "spec": {
        "group": "gateway.networking.k8s.io",
        "scope": "Namespaced",
        "names": {"kind": "HTTPRoute", "plural": "httproutes", "singular": "httproute", "listKind": "HTTPRouteList"},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "subresources": {"status": {}},
                "schema": {
                    "openAPIV3Schema": {"type": "object", "properties": {"spec": FREE_FORM, "status": FREE_FORM}}
                },
            }
        ],
    },
}


async def serve(house: House, definitions: Iterable[Any]) -> None:
    """The cluster knows the router's kinds; of a cluster that tests share one of them is the first."""
    wanted = []
    for definition in definitions:
        await house.cluster.apply(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
        wanted.append(resource(f"{definition['spec']['group']}/v1", definition["spec"]["names"]["kind"]).group_kind)

    async def are_served() -> bool:
        discovery = await house.cluster.discover()
        return all(discovery.find(kind) is not None for kind in wanted)

    await house.until(are_served, "the router's kinds are served")


async def istio_weights(house: House) -> tuple[int, int]:
    """Of the stable and of the canary service."""
    found = await house.get(VIRTUAL_SERVICE, "site")
    assert found is not None
    stable, canary = found["spec"]["http"][1]["route"]
    return stable["weight"], canary["weight"]


async def until_istio(house: House, stable: int, canary: int) -> None:
    async def are_so() -> bool:
        return await istio_weights(house) == (stable, canary)

    await house.until(are_so, f"the VirtualService has {stable} and {canary}")


@asynccontextmanager
async def at_a_quarter(house: House, page: Page) -> AsyncIterator[str]:
    """The second version has its share; answers the hash of the first."""
    await serve(house, load_all(ISTIO.read_text(encoding="utf-8")))
    *beside, rollout = page.all("istio")
    house.push(*beside, rollout)
    await house.create(page.yaml("application"))
    async with controllers(house):
        await house.until_settled()
        old = await hash_of(house, "site-stable")
        house.push(*beside, with_image(rollout, 2))
        await until_health(house, "Suspended")
        await until_pods(house, v1=4, v2=1)
        assert await istio_weights(house) == (75, 25)
        assert await hash_of(house, "site-stable") == old
        assert await hash_of(house, "site-canary") not in ("", old)
        yield old


@pytest.mark.feature("canary-traffic")
async def test_istio_gives_the_new_version_its_share_and_then_everything(house: House, page: Page) -> None:
    async with at_a_quarter(house, page) as old:
        # Nor does a sync that a person asks for touch the weights.
        await house.ask_sync()
        await house.until_ended()
        assert await istio_weights(house) == (75, 25)
        await ask(house, requests.promote)
        await until_pods(house, v2=4)
        await house.until_settled()
        assert await istio_weights(house) == (100, 0)
        assert await hash_of(house, "site-stable") not in ("", old)
        found = await house.get(VIRTUAL_SERVICE, "site")
        assert found is not None
        assert found["spec"]["http"][0] == page.all("istio")[2]["spec"]["http"][0]
        assert found["spec"]["http"][1]["timeout"] == "5s"


@pytest.mark.feature("canary-traffic")
async def test_an_abort_sends_the_traffic_back_before_any_pod_goes(house: House, page: Page) -> None:
    async with at_a_quarter(house, page) as old:
        await ask(house, requests.abort)
        await until_istio(house, 100, 0)
        assert await pods(house) == {"1": 4, "2": 1}
        await until_health(house, "Degraded")
        await until_pods(house, v1=4)
        assert await hash_of(house, "site-stable") == old


class Gateway:
    """Takes over an HTTPRoute as it is, when it is told to, and says so in its status."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def accept(self) -> None:
        found = await self._house.get(HTTP_ROUTE, "site")
        if found is None:
            return
        generation = found["metadata"]["generation"]
        conditions = [
            {
                "type": kind,
                "status": "True",
                "reason": kind,
                "message": "",
                "observedGeneration": generation,
                "lastTransitionTime": "2026-01-01T00:00:00Z",
            }
            for kind in ("Accepted", "ResolvedRefs")
        ]
        parent = {"parentRef": {"name": "gateway"}, "controllerName": "example.com/gateway", "conditions": conditions}
        if (found.get("status") or {}).get("parents") != [parent]:
            await self._house.patch(HTTP_ROUTE, "site", {"status": {"parents": [parent]}}, subresource="status")

    @asynccontextmanager
    async def accepting(self) -> AsyncIterator[None]:
        async def keep_on() -> None:
            while True:
                await self.accept()
                await self._house.clock.sleep(0.2)

        task = asyncio.create_task(keep_on(), name="gateway")
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def gateway_weights(house: House) -> tuple[int, int]:
    """Of the stable and of the canary service."""
    found = await house.get(HTTP_ROUTE, "site")
    assert found is not None
    stable, canary = found["spec"]["rules"][1]["backendRefs"]
    return stable["weight"], canary["weight"]


@pytest.mark.feature("canary-traffic")
async def test_a_step_waits_for_the_gateway_to_take_its_weight_over(house: House, page: Page) -> None:
    await serve(house, [GATEWAY_API])
    stable, canary, _, written = page.all("istio")
    strategy = {**written["spec"]["strategy"]["canary"], "trafficRouting": page.yaml("routing")}
    rollout = {**written, "spec": {**written["spec"], "strategy": {"canary": strategy}}}
    beside = (stable, canary, page.yaml("route"))
    house.push(*beside, rollout)
    await house.create(page.yaml("application"))
    gateway = Gateway(house)
    async with controllers(house):
        async with gateway.accepting():
            await house.until_settled()
        house.push(*beside, with_image(rollout, 2))

        async def is_told() -> bool:
            return await gateway_weights(house) == (75, 25)

        await house.until(is_told, "the route has the weights of the step")
        await house.clock.sleep(SOON)
        waiting = (await rollout_of(house)).status
        assert waiting.current_step_index == 0
        assert waiting.canary.weights is not None
        assert waiting.canary.weights.verified is False
        async with gateway.accepting():
            await until_health(house, "Suspended")
            taken = (await rollout_of(house)).status
            assert taken.current_step_index == 1
            assert taken.canary.weights is not None
            assert taken.canary.weights.verified is True
            await ask(house, requests.promote)
            await until_pods(house, v2=4)
            await house.until_settled()
            assert await gateway_weights(house) == (100, 0)
