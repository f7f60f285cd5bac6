"""The floor: a bare client that writes the objects of a monorepo as fast as the API server takes them.

python -m tests.bench.floor KUBECONFIG MONOREPO NAMESPACE
"""

from __future__ import annotations

import asyncio
import functools
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from holdfast.adapters.kube import kubeconfig
from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.kube.transport import AiohttpTransport
from holdfast.adapters.rendering.inline import InlineRenderer
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.model.application import ApplicationSource
from holdfast.model.filetree import TreeLocation
from holdfast.model.kube import KubeObject, group_kind_of
from holdfast.model.rendering import RenderRequest
from holdfast.model.source_options import HelmOptions
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock
from tests.bench.process import cpu_seconds

AT_ONCE = 16


@asynccontextmanager
async def bare_cluster(path: Path) -> AsyncIterator[Cluster]:
    """Under a name of its own, so that its requests are not counted as the engine's."""
    transport = AiohttpTransport(kubeconfig.load(path, SystemClock()))
    try:
        yield KubeClient(transport, user_agent="bare/1")
    finally:
        await transport.close()


class Cost(msgspec.Struct):
    objects: int
    seconds: float
    cpu_seconds: float


async def rendered(folder: Path, namespace: str) -> list[KubeObject]:
    renderer = InlineRenderer(functools.cache(open_local_tree))
    found: list[KubeObject] = []
    for file in sorted((folder / "apps").glob("*.yaml")):
        request = RenderRequest(
            location=TreeLocation(str(folder), ""),
            source=ApplicationSource(path="chart", helm=HelmOptions(value_files=(f"../apps/{file.name}",))),
            app_name=file.stem,
            app_namespace="argocd",
            project="default",
            namespace=namespace,
            kube_version="v1.37.2",
        )
        found += (await renderer.render(request)).objects
    return [{**obj, "metadata": {**obj["metadata"], "namespace": namespace}} for obj in found]


async def write(path: Path, objects: Sequence[KubeObject]) -> Cost:
    """Each object once, by server-side apply as the engine writes it."""
    async with bare_cluster(path) as cluster:
        discovery = await cluster.discover()
        types = {obj["kind"]: discovery.find(group_kind_of(obj)) for obj in objects}
        left = iter(objects)

        async def work() -> None:
            for obj in left:
                resource = types[obj["kind"]]
                assert resource is not None
                await cluster.apply(resource, obj, field_manager="bare")

        before, began = cpu_seconds("self"), time.monotonic()
        await asyncio.gather(*(work() for _ in range(AT_ONCE)))
        return Cost(len(objects), time.monotonic() - began, cpu_seconds("self") - before)


async def main(path: str, folder: str, namespace: str) -> None:
    cost = await write(Path(path), await rendered(Path(folder), namespace))
    sys.stdout.write(msgspec.json.encode(cost).decode())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
