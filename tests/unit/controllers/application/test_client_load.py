"""How much the engine asks of an API server, counted on the wire."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random

from holdfast.adapters.kube import requests
from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.controllers.application.controller import ApplicationController
from holdfast.model.names import FIELD_MANAGER
from holdfast.model.resource_types import CONFIG_MAP, SECRET
from holdfast.ports.transport import Request, Response, Stream, Transport
from holdfast.testing.builders import config_map, deployment, obj, resource
from holdfast.testing.faulty_transport import EXPIRED, refusal
from tests.unit.controllers.application.harness import Settings, Stage, namespace, stage

CONFIG_MAPS = "/api/v1/configmaps"


class CountingTransport:
    """Counts lists and watches by path; `close_watches` ends all that are open, `refuse` answers instead of the server."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.lists: Counter[str] = Counter()
        self.watches: Counter[str] = Counter()
        self.limits: set[str] = set()
        self.sent_at: list[float] = []
        self.last_line = b""
        self.refuse: Response | None = None
        self._closing = asyncio.Event()

    def close_watches(self, last_line: bytes = b"") -> None:
        self.last_line = last_line
        self._closing.set()
        self._closing = asyncio.Event()

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        query = dict(request.query)
        self.sent_at.append(asyncio.get_running_loop().time())
        if request.method == "GET" and "limit" in query:
            self.lists[request.path] += 1
            self.limits.add(query["limit"])
        if self.refuse is not None:
            return self.refuse
        return await self._inner.send(request, timeout=timeout)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return self._stream(request)

    @asynccontextmanager
    async def _stream(self, request: Request) -> AsyncIterator[Stream]:
        self.watches[request.path] += 1
        async with self._inner.stream(request) as stream:
            yield Stream(stream.status, stream.headers, self._lines(stream.lines))

    async def _lines(self, lines: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        closing = asyncio.ensure_future(self._closing.wait())
        try:
            while True:
                line = asyncio.ensure_future(anext(lines))
                await asyncio.wait({line, closing}, return_when=asyncio.FIRST_COMPLETED)
                if closing.done():
                    line.cancel()
                    await asyncio.gather(line, return_exceptions=True)
                    if self.last_line:
                        yield self.last_line
                    return
                yield line.result()
        finally:
            closing.cancel()

    async def close(self) -> None:
        pass


@asynccontextmanager
async def counted(world: Stage) -> AsyncIterator[tuple[ApplicationController, CountingTransport]]:
    transport = CountingTransport(world.server)
    controller = ApplicationController(
        cluster=KubeClient(transport, user_agent=FIELD_MANAGER),
        repositories=world.repositories,
        renderer=InlineRenderer(world.repositories.open),
        clock=world.clock,
        namespace="argocd",
        settings=Settings(),
        random=Random(1),
    )
    task = asyncio.create_task(controller.run())
    try:
        await controller.settle()
        yield controller, transport
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_lists_are_paged() -> None:
    async with stage() as world:
        await namespace(world)
        for number in range(requests.PAGE_SIZE + 1):
            await world.cluster.create(CONFIG_MAP, config_map(f"c{number}", namespace="shop"), field_manager="person")
        async with counted(world) as (controller, transport):
            assert transport.lists[CONFIG_MAPS] == 2
            assert set(transport.lists.values()) == {1, 2}
            assert transport.limits == {str(requests.PAGE_SIZE)}
            assert len(controller.world.store.of_kind(CONFIG_MAP.group_kind, "shop")) > requests.PAGE_SIZE


async def test_a_watch_that_ends_is_resumed_without_a_list() -> None:
    async with stage() as world, counted(world) as (controller, transport):
        for _ in range(10):
            transport.close_watches()
            await world.clock.sleep(60)
        assert transport.watches[CONFIG_MAPS] > 10
        assert set(transport.lists.values()) == {1}
        await world.put(config_map("late", namespace="argocd"), CONFIG_MAP)
        await world.clock.sleep(1)
        known = [each.metadata.name for each in controller.world.store.of_kind(CONFIG_MAP.group_kind)]
        assert "late" in known


async def test_a_version_that_is_gone_costs_one_list_of_each_kind() -> None:
    async with stage() as world, counted(world) as (_, transport):
        transport.close_watches(EXPIRED)
        await world.clock.sleep(60)
        assert set(transport.lists.values()) == {2}


async def test_a_quiet_hour_costs_no_list() -> None:
    """The server ends its watches every few minutes; bookmarks keep their versions young."""
    async with stage() as world, counted(world) as (_, transport):
        await world.clock.sleep(3600)
        assert set(transport.lists.values()) == {1}


async def test_a_server_that_asks_to_be_left_alone_is_left_alone() -> None:
    async with stage() as world:
        world.push(config_map())
        async with counted(world) as (_, transport):
            transport.refuse = refusal(429, "TooManyRequests", "too many requests", retry_after=30)
            await world.create_application(policy={"automated": {}})
            await world.clock.sleep(1)
            before = len(transport.sent_at)
            assert before
            await world.clock.sleep(28)
            assert len(transport.sent_at) == before
            transport.refuse = None
            await world.clock.sleep(60)
            assert (await world.application()).status.sync.status


async def test_only_metadata_is_kept_of_what_no_application_owns() -> None:
    async with stage() as world:
        await namespace(world)
        await world.put(config_map("foreign", namespace="shop"), CONFIG_MAP)
        await world.put(obj("v1", "Secret", "foreign", namespace="argocd", stringData={"a": "b"}), SECRET)
        copied = {"argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}
        of_deployment = deployment("web-1", namespace="shop", annotations=copied) | {"kind": "ReplicaSet"}
        await world.put(of_deployment, resource("apps/v1", "ReplicaSet"))
        world.push(config_map(), deployment())
        await world.create_application(policy={"automated": {}})
        async with counted(world) as (controller, transport):
            for _ in range(2):
                kept = {each.key for each in controller.world.store if each.is_whole}
                kinds = {key.kind for key in kept if key.namespace != "argocd"}
                assert kinds == {"Namespace", "ConfigMap", "Deployment"}
                assert {key.name for key in kept if key.namespace == "shop"} == {"settings", "web"}
                assert not [key for key in kept if key.kind == "Secret"]
                transport.close_watches(EXPIRED)
                await world.clock.sleep(60)
