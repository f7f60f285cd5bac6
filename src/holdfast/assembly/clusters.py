"""Opens clusters: the one of a kubeconfig file, or the one this process runs in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from holdfast import __version__
from holdfast.adapters.kube import in_cluster, kubeconfig
from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.kube.transport import AiohttpTransport
from holdfast.model.errors import Blocked
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock

USER_AGENT = f"holdfast/{__version__}"


@asynccontextmanager
async def open_cluster(
    path: Path | None,
    *,
    context: str = "",
    as_user: str = "",
    as_groups: tuple[str, ...] = (),
    confined_to: str = "",
) -> AsyncIterator[Cluster]:
    """The cluster of a kubeconfig file; without one, the cluster that this process is a Pod of.

    `context` is one of the file; by default its current one.

    `as_user` and `as_groups` are impersonated, in the place of those that the kubeconfig names.

    `confined_to` is the only namespace whose objects are listed and watched, "" for all.
    """
    clock = SystemClock()
    if path is not None:
        connection = kubeconfig.load(path, clock, context=context)
    elif in_cluster.is_in_cluster(os.environ):
        connection = in_cluster.in_cluster(os.environ, clock)
    else:
        raise Blocked("NoCluster", "no kubeconfig was given and this process does not run inside a cluster")
    if as_user:
        headers = (("impersonate-user", as_user), *(("impersonate-group", group) for group in as_groups))
        connection = msgspec.structs.replace(connection, headers=headers)
    transport = AiohttpTransport(connection, clock=clock)
    try:
        yield KubeClient(transport, user_agent=USER_AGENT, confined_to=confined_to)
    finally:
        await transport.close()
