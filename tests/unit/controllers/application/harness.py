"""The real controller on the sandbox's API, in virtual time, with repositories in memory."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.scripts.inline import InlineScripts
from holdfast.controllers.application.controller import ApplicationController
from holdfast.model.application import Application
from holdfast.model.crd.definitions import definitions
from holdfast.model.discovery import ResourceType
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, name_of
from holdfast.model.names import FIELD_MANAGER, Annotation
from holdfast.model.rendering import PluginPlaces
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CUSTOM_RESOURCE_DEFINITION, EVENT, NAMESPACE
from holdfast.ports.cluster import PatchKind
from holdfast.ports.records import RecordStorages
from holdfast.ports.scripts import Scripts
from holdfast.ports.transport import Request, Response, Stream, Transport
from holdfast.runtime.clock import LoopClock
from holdfast.sandbox.server import Sandbox
from holdfast.testing.builders import REPOSITORY, application_object, project_object, resource
from holdfast.testing.memory_charts import MemoryCharts
from holdfast.testing.memory_repositories import MemoryRepositories
from holdfast.testing.memory_values_files import MemoryValuesFiles

DEPLOYMENT = resource("apps/v1", "Deployment")
JOB = resource("batch/v1", "Job")
START = datetime(2026, 1, 1, tzinfo=UTC)
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class Settings(Struct, frozen=True):
    poll_seconds: float = 120


class WatchedTransport:
    """Keeps a protocol of the writes, and can stop one for good: the process that made it has been killed."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner
        self.writes: list[str] = []
        self.dry_runs: list[str] = []
        self.kill_at = 0
        self.failing = False
        self.refused = ""
        self.before_deletion: Callable[[], Awaitable[None]] | None = None
        self.killed = asyncio.Event()

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        if self.failing:
            return Response(
                503, {"content-type": "text/plain"}, b"the server is currently unable to handle the request"
            )
        if not is_write(request):
            if ("dryRun", "All") in request.query:
                self.dry_runs.append(request.path)
            return await self._inner.send(request, timeout=timeout)
        if self.killed.is_set():
            await asyncio.Event().wait()
        self.writes.append(f"{request.method} {request.path}")
        if self.refused and self.refused in request.path:
            return Response(403, {"content-type": "text/plain"}, b"nobody may do that")
        if self.before_deletion is not None and request.method == "DELETE":
            meanwhile, self.before_deletion = self.before_deletion, None
            await meanwhile()
        last = len(self.writes) == self.kill_at
        if last:
            self.killed.set()
        answer = await self._inner.send(request, timeout=timeout)
        if last:
            await asyncio.Event().wait()
        return answer

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return self._inner.stream(request)

    async def close(self) -> None:
        pass


def is_write(request: Request) -> bool:
    """Reviews are questions, though they are asked by creating an object."""
    if request.path.startswith("/apis/authorization.k8s.io/"):
        return False
    return request.method in WRITES and ("dryRun", "All") not in request.query


class Stage:
    """The cluster, the repositories, and controllers that come and go."""

    control_namespace = "argocd"
    namespace = "shop"

    def __init__(self, server: Transport, clock: LoopClock) -> None:
        self.clock = clock
        self.server = server
        self.cluster = KubeClient(server, user_agent="person")
        self.repositories = MemoryRepositories()
        self.renderer_of: type[InlineRenderer] = InlineRenderer
        self.plugins = PluginPlaces()
        self.charts = MemoryCharts()
        self.values_files = MemoryValuesFiles()
        self.transport = WatchedTransport(server)
        self.scripts: Scripts = InlineScripts()

    def open_tree(self, location: TreeLocation) -> FileTree:
        return (self.charts if self.charts.holds(location) else self.repositories).open(location)

    async def put(self, obj: KubeObject, kind: ResourceType, manager: str = "person") -> KubeObject:
        return await self.cluster.apply(kind, obj, field_manager=manager)

    async def get(self, kind: ResourceType, name: str, namespace: str = "") -> KubeObject | None:
        return await self.cluster.get(kind, (namespace or self.namespace) if kind.namespaced else "", name)

    async def patch(self, kind: ResourceType, name: str, body: Any, namespace: str = "", **more: Any) -> None:
        where = (namespace or self.namespace) if kind.namespaced else ""
        await self.cluster.patch(kind, where, name, body, PatchKind.MERGE, field_manager="kubectl-edit", **more)

    async def application(self, name: str = "web") -> Application:
        obj = await self.get(APPLICATION, name, self.control_namespace)
        assert obj is not None, f"there is no Application {name}"
        return msgspec.convert(obj, Application)

    async def patch_application(self, body: Any, name: str = "web") -> None:
        await self.patch(APPLICATION, name, body, self.control_namespace)

    async def refresh_application(self, name: str = "web") -> None:
        """Asks for a look at the repository, and does not wait for it."""
        await self.patch_application({"metadata": {"annotations": {Annotation.REFRESH.value: "normal"}}}, name)

    async def create_application(self, name: str = "web", **options: Any) -> None:
        options = {"namespace": self.control_namespace, "destination": self.namespace, **options}
        await self.cluster.create(APPLICATION, application_object(name, **options), field_manager="person")

    async def events(self, name: str = "web") -> list[tuple[str, str]]:
        listing = await self.cluster.list(EVENT, namespace=self.control_namespace)
        found = [obj.decode() for obj in listing.items]
        return [(event["reason"], event["message"]) for event in found if event["involvedObject"]["name"] == name]

    def push(self, *manifests: KubeObject, folder: str = "app", **files: str) -> str:
        texts = {f"{folder}/{number:02}.json": json.dumps(obj) for number, obj in enumerate(manifests)}
        return self.repositories.commit(REPOSITORY, {"README.md": "hello", **texts, **files})

    @asynccontextmanager
    async def controller(
        self, *, storages: RecordStorages | None = None, **settings: Any
    ) -> AsyncIterator[ApplicationController]:
        """A new process."""
        controller = ApplicationController(
            cluster=KubeClient(self.transport, user_agent=FIELD_MANAGER),
            repositories=self.repositories,
            charts=self.charts,
            values_files=self.values_files,
            renderer=self.renderer_of(self.open_tree, plugins=self.plugins),
            clock=self.clock,
            namespace=self.control_namespace,
            settings=Settings(**settings),
            random=Random(1),
            storages=storages,
            scripts=self.scripts,
        )
        task = asyncio.create_task(controller.run(), name="controller")
        try:
            await self._unless_killed(controller.settle(), task)
            yield controller
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def settle(self, controller: ApplicationController, seconds: float = 0) -> None:
        if seconds:
            await self.clock.sleep(seconds)
        await controller.settle(timedelta(seconds=1))

    async def _unless_killed(self, settling: Any, task: asyncio.Task[None]) -> None:
        """Waits until all is quiet, the process is killed, or it ends by itself (which is a failure)."""
        quiet = asyncio.ensure_future(settling)
        killed = asyncio.ensure_future(self.transport.killed.wait())
        done, pending = await asyncio.wait({quiet, killed, task}, return_when=asyncio.FIRST_COMPLETED)
        for waiter in pending - {task}:
            waiter.cancel()
        if task in done:
            task.result()

    def survive(self) -> None:
        """From here on the writes of the next process are counted anew."""
        self.transport = WatchedTransport(self.server)


@asynccontextmanager
async def stage() -> AsyncIterator[Stage]:
    clock = LoopClock(START)
    async with Sandbox(None, clock) as sandbox:
        world = Stage(sandbox.transport, clock)
        await install(world)
        yield world


@lru_cache(maxsize=1)
def our_definitions() -> tuple[KubeObject, ...]:
    wanted = ("applications.argoproj.io", "appprojects.argoproj.io")
    return tuple(one for one in definitions() if name_of(one) in wanted or name_of(one).endswith(".holdfast.dev"))


async def install(world: Stage) -> None:
    """The kinds that the controller reads and writes, its namespace and the project `default`."""
    for definition in our_definitions():
        await world.cluster.create(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
    await namespace(world, "argocd")
    while (await world.cluster.discover()).find(GroupKind("argoproj.io", "AppProject")) is None:
        await world.clock.sleep(0.1)
    await world.cluster.create(APP_PROJECT, project_object(), field_manager="person")


async def namespace(world: Stage, name: str = "shop") -> None:
    obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    await world.cluster.create(NAMESPACE, obj, field_manager="person")
