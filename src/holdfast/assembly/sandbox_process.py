"""Starts the sandbox cluster with its simulators, and ends both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

from holdfast.adapters.kube.client import KubeClient
from holdfast.assembly.clusters import USER_AGENT
from holdfast.assembly.places import DataPlace
from holdfast.model.errors import Blocked
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import ScaledClock, SystemClock
from holdfast.sandbox.server import Sandbox
from holdfast.sandbox.simulators.start import run_simulators


@asynccontextmanager
async def running_sandbox(
    place: DataPlace, *, port: int, speed: float, secrets_file: Path | None
) -> AsyncIterator[tuple[Cluster, str, asyncio.Task[None]]]:
    """The sandbox's cluster, its URL and its simulators, which end only by failing.

    The kubeconfig is written to the place; the storage carries on there.
    """
    clock: Clock = SystemClock() if speed == 1.0 else ScaledClock(speed)
    async with Sandbox(place.sandbox, clock) as sandbox:
        url = await _serve(sandbox, port, place.last_port())
        sandbox.write_kubeconfig(place.kubeconfig)
        simulated = KubeClient(sandbox.transport, user_agent="holdfast-simulators")
        simulators = asyncio.create_task(
            run_simulators(simulated, clock, secrets_file=secrets_file, random=Random()),  # noqa: S311 - jitter
            name="simulators",
        )
        try:
            yield KubeClient(sandbox.transport, user_agent=USER_AGENT), url, simulators
        finally:
            simulators.cancel()
            await asyncio.gather(simulators, return_exceptions=True)


async def _serve(sandbox: Sandbox, wanted: int, last: int) -> str:
    """Without a port that is wanted: that of the last time, so that a kubeconfig that was copied still works."""
    try:
        return await sandbox.serve(port=wanted or last)
    except OSError as error:
        if wanted:
            raise Blocked(
                "PortTaken", f"port {wanted} cannot be listened on: {error.strerror}; choose another"
            ) from None
        return await sandbox.serve()
