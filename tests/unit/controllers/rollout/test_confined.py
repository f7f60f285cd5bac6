"""A controller that may see one namespace alone carries out the Rollouts there."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, suppress
from random import Random

from holdfast.adapters.kube.client import KubeClient
from holdfast.controllers.rollout.controller import RolloutController
from holdfast.controllers.rollout.world import FIELD_MANAGER
from holdfast.model.resource_types import NAMESPACE
from holdfast.ports.transport import Request, Response, Stream, Transport
from tests.unit.controllers.rollout.harness import NAMESPACE_NAME, ROLLOUT, rollout_object, stage


class OneNamespace:
    """Refuses what lies elsewhere, as the API server does for a Role. What it serves may be asked by anyone."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.refused: set[str] = set()

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        is_discovery = len(request.path.strip("/").split("/")) <= (3 if request.path.startswith("/apis") else 2)
        if is_discovery or f"/namespaces/{NAMESPACE_NAME}/" in request.path:
            return await self._inner.send(request, timeout=timeout)
        self.refused.add(request.path)
        return Response(403, {"content-type": "text/plain"}, b"forbidden")

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        assert f"/namespaces/{NAMESPACE_NAME}/" in request.path
        return self._inner.stream(request)

    async def close(self) -> None:
        pass


async def test_a_release_in_the_only_namespace() -> None:
    async with stage() as world:
        other = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "other"}}
        await world.cluster.create(NAMESPACE, other, field_manager="person")
        elsewhere = rollout_object({"canary": {}}, replicas=2)
        elsewhere["metadata"]["namespace"] = "other"
        await world.put(ROLLOUT, elsewhere)
        await world.put(ROLLOUT, rollout_object({"canary": {"steps": [{"setWeight": 50}]}}, replicas=2))
        transport = OneNamespace(world.server)
        controller = RolloutController(
            cluster=KubeClient(transport, user_agent=FIELD_MANAGER, confined_to=NAMESPACE_NAME),
            clock=world.clock,
            random=Random(1),
        )
        running = asyncio.create_task(controller.run())
        try:
            await world.until_phase("Healthy")
            await world.set_image("web:2")
            await world.until(lambda it: it.metadata.annotations.get("rollout.argoproj.io/revision") == "2")
            await world.until_phase("Healthy")
            assert await world.pods() == {"web:2": 2}
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        found = await world.cluster.get(ROLLOUT, "other", "web")
        assert found is not None
        assert not found.get("status")
        # What belongs to no namespace: definitions, and the templates of the whole cluster.
        assert {path.rpartition("/")[2] for path in transport.refused} <= {
            "customresourcedefinitions",
            "apiservices",
            "clusteranalysistemplates",
        }
