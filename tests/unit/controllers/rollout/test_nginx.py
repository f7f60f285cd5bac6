"""A canary whose traffic ingress-nginx shares."""

from __future__ import annotations

from holdfast.model.kube import KubeObject
from holdfast.testing.builders import resource
from tests.unit.controllers.rollout.harness import (
    NAMESPACE_NAME,
    ROLLOUT,
    SERVICE,
    Stage,
    rollout_object,
    service_object,
    stage,
)
from tests.unit.controllers.rollout.routed import abort, deploy, release

INGRESS = resource("networking.k8s.io/v1", "Ingress", plural="ingresses")
WEIGHT = "nginx.ingress.kubernetes.io/canary-weight"
ROUTING = {"nginx": {"stableIngress": "web", "additionalIngressAnnotations": {"canary-by-header": "x-canary"}}}


def ingress_object(service: str = "web-stable", name: str = "web") -> KubeObject:
    backend = {"service": {"name": service, "port": {"number": 80}}}
    paths = [{"path": "/", "pathType": "Prefix", "backend": backend}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": NAMESPACE_NAME, "labels": {"team": "shop"}},
        "spec": {"ingressClassName": "nginx", "rules": [{"host": "shop.example.com", "http": {"paths": paths}}]},
    }


async def weights(world: Stage) -> tuple[int, int]:
    obj = await world.get(INGRESS, "web-web-canary")
    assert obj["spec"]["rules"][0]["http"]["paths"][0]["backend"]["service"]["name"] == "web-canary"
    weight = int(obj["metadata"]["annotations"][WEIGHT])
    return 100 - weight, weight


async def test_the_weights_of_a_release_and_of_an_abort() -> None:
    async with stage() as world, world.controller():
        await world.put(INGRESS, ingress_object())
        await deploy(world, ROUTING)
        await release(world, weights)
        await abort(world, weights)
        ours = await world.get(INGRESS, "web-web-canary")
        assert ours["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-by-header"] == "x-canary"
        assert ours["metadata"]["labels"] == {"team": "shop"}
        assert ours["metadata"]["ownerReferences"][0]["name"] == "web"
        stable = await world.get(INGRESS, "web")
        assert stable["spec"] == ingress_object()["spec"]


async def test_a_canary_ingress_that_somebody_removed_comes_back() -> None:
    async with stage() as world, world.controller():
        await world.put(INGRESS, ingress_object())
        await deploy(world, ROUTING)
        await world.set_image("web:2")
        await world.until_phase("Paused")
        await world.cluster.delete(INGRESS, NAMESPACE_NAME, "web-web-canary")
        await world.clock.sleep(2)
        assert await weights(world) == (90, 10)


async def test_an_ingress_of_somebody_elses_is_left_alone() -> None:
    async with stage() as world, world.controller():
        theirs = ingress_object("other", "web-web-canary")
        await world.put(INGRESS, ingress_object())
        await world.put(INGRESS, theirs)
        services = {"canaryService": "web-canary", "stableService": "web-stable"}
        canary = {"canary": {**services, "trafficRouting": ROUTING}}
        await world.put(ROLLOUT, rollout_object(canary))
        for name in services.values():
            await world.put(SERVICE, service_object(name))
        found = await world.until(lambda it: "not of this Rollout" in (it.status.message or ""))
        assert found.status.phase == "Degraded"
        assert (await world.get(INGRESS, "web-web-canary"))["spec"] == theirs["spec"]
