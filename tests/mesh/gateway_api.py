"""A cluster with the kinds of the Gateway API as they are published, whose client Istio is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from holdfast.engine.lang.yaml_documents import load_all
from holdfast.model.keys import GroupKind
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION, NAMESPACE
from holdfast.testing.builders import resource
from tests.mesh import build
from tests.mesh.gateways import GATEWAY_API, of_gateway_api
from tests.mesh.mesh import Mesh
from tests.mesh.waiting import until
from tests.unit.controllers.rollout.harness import Stage

GROUP: Final = "gateway.networking.k8s.io"
KINDS: Final = ("GatewayClass", "Gateway", "HTTPRoute", "GRPCRoute", "ReferenceGrant")
# Where Istio keeps its own notes, such as who leads.
ISTIO_NAMESPACE: Final = "istio-system"


@asynccontextmanager
async def mesh_of(world: Stage, kubeconfig: Path) -> AsyncIterator[Mesh]:
    """Istio and Envoy at work on this cluster, with the Gateway that routes can name."""
    await _define_kinds(world)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": ISTIO_NAMESPACE}}
    await world.cluster.create(NAMESPACE, namespace, field_manager="person")
    mesh = Mesh(kubeconfig)
    # Beside the event loop, which answers Istio meanwhile.
    await asyncio.to_thread(mesh.__enter__)
    try:
        await world.put(resource(GATEWAY_API, "Gateway"), of_gateway_api(mesh.port))
        yield mesh
    finally:
        await asyncio.to_thread(mesh.__exit__)


async def _define_kinds(world: Stage) -> None:
    for path in sorted(build.gateway_api_definitions().iterdir()):
        for definition in load_all(path.read_text(encoding="utf-8")):
            if definition["kind"] == "CustomResourceDefinition" and definition["spec"]["names"]["kind"] in KINDS:
                await world.cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")

    async def are_served() -> bool:
        known = await world.cluster.discover()
        return all(known.find(GroupKind(GROUP, kind)) is not None for kind in KINDS)

    await until(are_served, "the kinds of the Gateway API are served")
