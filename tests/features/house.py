"""A whole Holdfast for one test: a cluster with controllers and pretended Pods, repositories in memory, our controller.

On the sandbox everything runs in virtual time and is the test's alone. On the real control plane the tests share one
cluster, so that each has namespaces and names of its own: `fit` turns those of a page into them.
"""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from random import Random
from typing import Any, Self

from holdfast.adapters.kube import kubeconfig
from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.kube.transport import AiohttpTransport
from holdfast.engine.status import operation
from holdfast.model.application import Application
from holdfast.model.crd.definitions import definitions
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.names import OperationPhase
from holdfast.model.resource_types import APPLICATION, CUSTOM_RESOURCE_DEFINITION
from holdfast.ports.transport import Transport
from holdfast.runtime.clock import LoopClock, SystemClock
from holdfast.sandbox.server import Sandbox
from holdfast.sandbox.simulators.start import run_simulators
from holdfast.testing.builders import project_object
from tests.controlplane.server import ControlPlane
from tests.unit.controllers.application.harness import START, Stage, namespace

# What pages call the control namespace, the namespace of a service, and Applications. A key of a mapping is none of them.
WORDS = ("argocd", "shop", "web", "db", "root")
WORD = re.compile(rf"(?<![\w./-])({'|'.join(WORDS)})(?![\w/-]|:|\.\S)")
SECONDS = 60.0

_numbers = itertools.count(1)


class House(Stage):
    """`create`, `push` and the like come from Stage; the names in them are those that `fit` gives."""

    def __init__(self, control_plane: ControlPlane | None) -> None:
        self._control_plane = control_plane
        self._suffix = f"-{next(_numbers)}" if control_plane is not None else ""
        self._stack = AsyncExitStack()
        self.control_namespace = self.fit("argocd")
        self.namespace = self.fit("shop")
        self.app = self.fit("web")

    @property
    def is_real(self) -> bool:
        return self._control_plane is not None

    def fit(self, text: str) -> str:
        """The text of a page with the names of this house."""
        return WORD.sub(lambda match: match[1] + self._suffix, text)

    async def __aenter__(self) -> Self:
        transport: Transport
        if self._control_plane is not None:
            transport = AiohttpTransport(kubeconfig.load(self._control_plane.kubeconfig, SystemClock()))
            self._stack.push_async_callback(transport.close)
            super().__init__(transport, LoopClock(SystemClock().now()))
        else:
            clock = LoopClock(START)
            sandbox = await self._stack.enter_async_context(Sandbox(None, clock))
            super().__init__(sandbox.transport, clock)
            self._start_simulators(sandbox.transport)
        await self._install()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        if self.is_real:
            # The sockets of watches that were cut short are closed in the next turns of the loop.
            await asyncio.sleep(0.25)

    def _start_simulators(self, transport: Transport) -> None:
        cluster = KubeClient(transport, user_agent="simulators")
        running = run_simulators(cluster, self.clock, secrets_file=Path("none"), random=Random(1))
        task = asyncio.create_task(running, name="simulators")

        async def end() -> None:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

        self._stack.push_async_callback(end)

    async def _install(self) -> None:
        discovery = await self.cluster.discover()
        if discovery.find(GroupKind("argoproj.io", "Application")) is None:
            for definition in definitions():
                await self.cluster.apply(CUSTOM_RESOURCE_DEFINITION, definition, field_manager="person")
        await namespace(self, self.control_namespace)
        await namespace(self, self.namespace)
        await self.until(self._serves_ours, "the cluster serves our kinds")
        await self.create(project_object(namespace=self.control_namespace))

    async def _serves_ours(self) -> bool:
        discovery = await self.cluster.discover()
        specs = [definition["spec"] for definition in definitions()]
        return all(discovery.find(GroupKind(spec["group"], spec["names"]["kind"])) is not None for spec in specs)

    async def create(self, obj: KubeObject, manager: str = "person") -> KubeObject:
        """Creates any object of a kind that the cluster serves."""
        group, _, _ = str(obj["apiVersion"]).rpartition("/")
        resource = (await self.cluster.discover()).find(GroupKind(group, obj["kind"]))
        assert resource is not None, f"the cluster serves no {obj['kind']}"
        return await self.cluster.create(resource, obj, field_manager=manager)

    async def until(
        self, holds: Callable[[], Awaitable[bool]], what: str, seconds: float = SECONDS, every: float = 0.1
    ) -> None:
        """Waits for what controllers do; on the sandbox the time is virtual."""
        deadline = self.clock.monotonic() + seconds
        while not await holds():
            assert self.clock.monotonic() < deadline, f"waited {seconds:g} s in vain: {what}{await self._told()}"
            await self.clock.sleep(every)

    async def until_app(
        self,
        holds: Callable[[Application], bool],
        what: str,
        name: str = "",
        seconds: float = SECONDS,
    ) -> Application:
        """Waits until the Application is as wanted, and answers it."""
        latest: list[Application] = []

        async def check() -> bool:
            latest[:] = [await self.application(name or self.app)]
            return holds(latest[0])

        await self.until(check, what, seconds)
        return latest[0]

    async def until_settled(self, name: str = "", seconds: float = SECONDS) -> Application:
        """Waits until the Application is Synced and Healthy, with nothing in progress."""
        return await self.until_app(is_settled, "the application is Synced and Healthy", name, seconds)

    async def until_ended(
        self, name: str = "", phase: OperationPhase = OperationPhase.SUCCEEDED, seconds: float = SECONDS
    ) -> Application:
        """Waits until its operation has ended in the phase."""

        def has_ended(app: Application) -> bool:
            state = app.status.operation_state
            return app.operation is None and state is not None and state.phase == phase

        return await self.until_app(has_ended, f"its operation ends {phase}", name, seconds)

    async def ask_sync(self, name: str = "", **sync: Any) -> None:
        """What `holdfast app sync` writes."""
        operation = {"initiatedBy": {"username": "person"}, "sync": sync}
        await self.patch_application({"operation": operation}, name or self.app)

    async def _told(self) -> str:
        """What the Applications say, for the message of a test that fails."""
        listing = await self.cluster.list(APPLICATION, namespace=self.control_namespace)
        return "".join(f"\n{obj.metadata.name}: {obj.decode().get('status')}" for obj in listing.items)


def is_settled(app: Application) -> bool:
    if app.operation is not None or operation.is_in_progress(app.status.operation_state):
        return False
    return app.status.sync.status == "Synced" and app.status.health.status == "Healthy"
