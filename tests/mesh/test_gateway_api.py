"""A release whose traffic routes of the Gateway API share, measured at a gateway of Istio's, which reads them in the cluster.

Istio says in the status of each route whether it has taken it: every step that sets a weight waits for that word.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.controlplane import build
from tests.mesh.clusters import Cluster, control_plane, sandbox
from tests.mesh.gateway_api import mesh_of
from tests.mesh.gateways import GATEWAY, GATEWAY_API, NAMESPACE
from tests.mesh.releases import (
    REQUESTS,
    Release,
    assert_an_abort_brings_all_traffic_back,
    assert_stable_pods_come_back,
    assert_stable_pods_follow_the_traffic,
    released,
    serving,
)
from tests.mesh.visitors import SITE
from tests.unit.controllers.rollout.harness import SERVICE, service_object
from tests.unit.controllers.rollout.routed import STEPS

pytestmark = [
    pytest.mark.mesh,
    pytest.mark.real_time,
    pytest.mark.timeout(180),
    pytest.mark.xdist_group("mesh"),
    pytest.mark.usefixtures("programs"),
]

PLUGIN = "argoproj-labs/gatewayAPI"
SERVICES = (service_object("web-stable"), service_object("web-canary"))
ROUTES = {"HTTPRoute": {"httpRoute": "web"}, "GRPCRoute": {"grpcRoute": "web"}}
# Longer than Istio waits before it tells Envoy.
SOON = {"scaleDownDelaySeconds": 3, "abortScaleDownDelaySeconds": 3}
BOTH = pytest.mark.parametrize("kind", ROUTES)


@pytest.fixture(params=["sandbox", pytest.param("real", marks=pytest.mark.control_plane)])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    """The test runs on each."""
    if request.param == "sandbox":
        return sandbox
    if build.built() is None and os.environ.get("HOLDFAST_CONTROL_PLANE") != "required":
        pytest.skip("the real control plane is not built (about 7 minutes, once): make control-plane")
    return control_plane


def strategy(kind: str, steps: Sequence[Any] = STEPS, managed: Sequence[str] = (), **more: Any) -> dict[str, Any]:
    services = {"canaryService": "web-canary", "stableService": "web-stable"}
    routing = {"plugins": {PLUGIN: ROUTES[kind]}, "managedRoutes": [{"name": name} for name in managed]}
    chosen = {**services, "steps": list(steps), "trafficRouting": routing, **SOON, **more}
    return {"canary": {name: value for name, value in chosen.items() if value is not None}}


FOLLOWED = strategy("HTTPRoute", dynamicStableScale=True, scaleDownDelaySeconds=None)


def route(kind: str, *others: dict[str, Any]) -> KubeObject:
    """As a person writes it: all traffic to the stable service, after rules of other purposes."""
    shared = {"backendRefs": [{"name": "web-stable", "port": 80}, {"name": "web-canary", "port": 80, "weight": 0}]}
    return {
        "apiVersion": GATEWAY_API,
        "kind": kind,
        "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"parentRefs": [{"name": GATEWAY}], "hostnames": [SITE], "rules": [*others, shared]},
    }


@asynccontextmanager
async def released_by_gateway(
    directory: Path, wanted: dict[str, Any], routed: KubeObject, replicas: int = 5, cluster: Cluster = sandbox
) -> AsyncIterator[Release]:
    async with (
        cluster(directory) as (world, kubeconfig),
        mesh_of(world, kubeconfig) as mesh,
        released(world, mesh, wanted, (*SERVICES, routed), replicas) as release,
    ):
        yield release


async def until_verified(release: Release) -> None:
    """A step that sets a route for headers does not wait for Istio's word, which comes soon after."""
    await release.world.until(
        lambda it: it.status.canary.weights is not None and bool(it.status.canary.weights.verified)
    )


async def assert_verified(release: Release, verified: bool = True) -> None:
    """Whether Istio has said that it has taken what the Rollout wants."""
    weights = (await release.world.rollout()).status.canary.weights
    assert weights is not None
    assert weights.verified is verified


@BOTH
async def test_every_step_shares_the_traffic_as_it_says_and_no_request_fails(
    tmp_path: Path, cluster: Cluster, kind: str
) -> None:
    async with released_by_gateway(tmp_path, strategy(kind), route(kind), cluster=cluster) as release:
        for index, weight in ((1, 10), (3, 30), (5, 100)):
            await release.until_step(index)
            await assert_verified(release)
            await release.assert_shares(weight)
            await release.go_on()
        await release.world.until_phase("Healthy", 60)
        await release.until_envoy_has(100, 0)
        await release.until_pods(serving(new=5))
        assert set(await release.visitors.count(REQUESTS)) == {"web:2"}


@BOTH
async def test_an_abort_brings_all_traffic_back(tmp_path: Path, cluster: Cluster, kind: str) -> None:
    async with released_by_gateway(tmp_path, strategy(kind), route(kind), cluster=cluster) as release:
        await assert_an_abort_brings_all_traffic_back(release)


async def test_stable_pods_that_follow_the_traffic_are_missed_by_nobody(tmp_path: Path) -> None:
    async with released_by_gateway(tmp_path, FOLLOWED, route("HTTPRoute"), replicas=10) as release:
        await assert_stable_pods_follow_the_traffic(release)


async def test_an_abort_of_stable_pods_that_followed_the_traffic_is_missed_by_nobody(tmp_path: Path) -> None:
    async with released_by_gateway(tmp_path, FOLLOWED, route("HTTPRoute"), replicas=10) as release:
        await assert_stable_pods_come_back(release)


@BOTH
async def test_a_header_leads_to_the_new_version_alone_while_its_route_stands(tmp_path: Path, kind: str) -> None:
    matches = [
        {"headerName": "x-beta", "headerValue": {"exact": "yes"}},
        {"headerName": "user-agent", "headerValue": {"regex": ".*Firefox.*"}},
    ]
    steps = [
        {"setCanaryScale": {"replicas": 1}},
        {"setHeaderRoute": {"name": "beta", "match": matches}},
        {"pause": {}},
        {"setHeaderRoute": {"name": "beta"}},
        {"pause": {}},
    ]
    chosen = {"x-beta": "yes", "User-Agent": "Mozilla Firefox 200"}
    async with released_by_gateway(tmp_path, strategy(kind, steps, ["beta"]), route(kind)) as release:
        await release.until_step(2)
        await until_verified(release)
        await release.until_answers("web:2", chosen)
        assert set(await release.visitors.count(200, chosen)) == {"web:2"}
        for name in chosen:
            assert set(await release.visitors.count(200, {name: chosen[name]})) == {"web:1"}
        assert set(await release.visitors.count(200)) == {"web:1"}
        await release.go_on()
        await release.until_step(4)
        await release.until_answers("web:1", chosen)
        assert set(await release.visitors.count(200, chosen)) == {"web:1"}


async def test_a_step_waits_until_the_gateway_has_taken_the_route(tmp_path: Path, cluster: Cluster) -> None:
    old = {
        "matches": [{"path": {"type": "Exact", "value": "/old"}}],
        "backendRefs": [{"name": "not-yet-there", "port": 80}],
    }
    routed = route("HTTPRoute", old)
    async with released_by_gateway(tmp_path, strategy("HTTPRoute"), routed, cluster=cluster) as release:
        await release.until_envoy_has(90, 10)
        await release.world.clock.sleep(5)
        assert (await release.world.rollout()).status.current_step_index == 0
        await assert_verified(release, verified=False)
        await release.world.put(SERVICE, service_object("not-yet-there"))
        await release.until_step(1)
        await assert_verified(release)
        left = await release.world.get(resource(GATEWAY_API, "HTTPRoute"), "web")
        assert left["spec"]["rules"][0]["matches"] == old["matches"]
