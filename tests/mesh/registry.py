"""Tells a mesh what stands in a cluster: Istio's objects as they are, and Services with the addresses of their pods.

What Istio learns of Services from Kubernetes it is told here as ServiceEntries, because Kubernetes allows no addresses of
this machine in EndpointSlices. The endpoints themselves are those of the cluster's EndpointSlices, with their pods' labels.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from holdfast.adapters.kube.client import KubeClient
from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject, labels_of, name_of, namespace_of
from holdfast.testing.builders import resource
from tests.child_programs import HOST
from tests.mesh.gateways import NAMESPACE
from tests.mesh.mesh import Mesh
from tests.mesh.pods import Pods

POD: Final = resource("v1", "Pod")
SERVICE: Final = resource("v1", "Service")
SLICE: Final = resource("discovery.k8s.io/v1", "EndpointSlice")
VIRTUAL_SERVICE: Final = resource("networking.istio.io/v1", "VirtualService")
DESTINATION_RULE: Final = resource("networking.istio.io/v1", "DestinationRule")
EVERY_SECONDS: Final = 0.05
SERVICE_NAME: Final = "kubernetes.io/service-name"


@asynccontextmanager
async def joined(cluster: KubeClient, mesh: Mesh) -> AsyncIterator[Pods]:
    """The mesh knows the cluster from here on, and its pods serve."""
    async with Pods() as pods:
        task = asyncio.create_task(_keep_telling(cluster, mesh, pods), name="registry")
        try:
            yield pods
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            mesh.publish(())


async def _keep_telling(cluster: KubeClient, mesh: Mesh, pods: Pods) -> None:
    told: list[KubeObject] = []
    while True:
        running = await _all(cluster, POD)
        await pods.be(running)
        known = {name_of(pod): pod for pod in running}
        slices = await _all(cluster, SLICE)
        entries = [service_entry(one, slices, known, pods.ports) for one in await _all(cluster, SERVICE)]
        objects = [*await _all(cluster, VIRTUAL_SERVICE), *await _all(cluster, DESTINATION_RULE), *entries]
        if objects != told:
            mesh.publish(objects)
            told = objects
        await asyncio.sleep(EVERY_SECONDS)


async def _all(cluster: KubeClient, kind: ResourceType) -> list[KubeObject]:
    return [live.decode() for live in (await cluster.list(kind, namespace=NAMESPACE)).items]


def service_entry(
    service: KubeObject, slices: Iterable[KubeObject], pods: Mapping[str, KubeObject], ports: Mapping[str, int]
) -> KubeObject:
    """A Service with the ready endpoints of its slices, each at the port of this machine where its pod serves."""
    name, namespace = name_of(service), namespace_of(service)
    endpoints: list[Any] = []
    for one in slices:
        if labels_of(one).get(SERVICE_NAME) != name:
            continue
        for endpoint in one.get("endpoints") or []:
            pod = (endpoint.get("targetRef") or {}).get("name", "")
            if endpoint["conditions"]["ready"] and pod in ports:
                labels = labels_of(pods[pod])
                endpoints.append({"address": HOST, "ports": {"http": ports[pod]}, "labels": labels})
    spec: dict[str, Any] = {
        "hosts": [f"{name}.{namespace}.svc.cluster.local"],
        "ports": [{"number": service["spec"]["ports"][0]["port"], "name": "http", "protocol": "HTTP"}],
        "location": "MESH_INTERNAL",
        "resolution": "STATIC",
        **({"endpoints": endpoints} if endpoints else {}),
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.istio.io/v1", "kind": "ServiceEntry", "metadata": metadata, "spec": spec}
