"""The clusters whose client Istio can be, each with its kubeconfig: the sandbox, and a real control plane.

On either Pods are pretended to run; what makes them, and EndpointSlices of them, is real where the control plane is.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeAlias

from holdfast.adapters.kube import kubeconfig
from holdfast.adapters.kube.transport import AiohttpTransport
from holdfast.runtime.clock import LoopClock, SystemClock
from holdfast.sandbox.server import Sandbox
from tests.cluster.node import REAL
from tests.controlplane.server import ControlPlane
from tests.unit.controllers.rollout.harness import START, Stage, staged

Cluster: TypeAlias = Callable[[Path], AbstractAsyncContextManager[tuple[Stage, Path]]]
"""Opens one, with a directory for its files: its stage and its kubeconfig."""


@asynccontextmanager
async def sandbox(directory: Path) -> AsyncIterator[tuple[Stage, Path]]:
    """Its kubeconfig is kept in the directory."""
    clock = LoopClock(START)
    async with Sandbox(None, clock) as server, staged(server.transport, clock) as world:
        await server.serve()
        path = directory / "kubeconfig"
        server.write_kubeconfig(path)
        yield world, path


@asynccontextmanager
async def control_plane(_: Path) -> AsyncIterator[tuple[Stage, Path]]:
    """It has a directory of its own."""
    clock = SystemClock()
    with ControlPlane() as server:
        transport = AiohttpTransport(kubeconfig.load(server.kubeconfig, clock), clock=clock)
        try:
            async with staged(transport, clock, left_out=REAL) as world:
                yield world, server.kubeconfig
        finally:
            await transport.close()
