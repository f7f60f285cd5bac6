"""All Applications of a namespace as they change, for as long as somebody looks."""

from __future__ import annotations

from collections.abc import AsyncIterator

from holdfast.model.errors import Gone
from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, WatchKind


async def changes_of_applications(cluster: Cluster, namespace: str) -> AsyncIterator[tuple[str, KubeObject | None]]:
    """Name and state, first of all that are there, then at every change; None for one that is deleted."""
    while True:
        listing = await cluster.list(APPLICATION, namespace=namespace)
        for item in listing.items:
            yield item.metadata.name, item.decode()
        version = listing.resource_version
        try:
            while True:
                async for event in cluster.watch(APPLICATION, resource_version=version, namespace=namespace):
                    version = event.obj.metadata.resource_version
                    if event.kind is WatchKind.BOOKMARK:
                        continue
                    is_gone = event.kind is WatchKind.DELETED
                    yield event.obj.metadata.name, None if is_gone else event.obj.decode()
        except Gone:
            continue
