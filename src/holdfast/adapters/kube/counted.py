"""A cluster whose requests are counted, for monitoring."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar

from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import ApiError
from holdfast.model.figures import ApiRequest
from holdfast.model.kube import KubeObject, namespace_of
from holdfast.ports.cluster import Cluster, Listing, PatchKind, Propagation, WatchEvent

T = TypeVar("T")
OK: Final = 200
MADE: Final = 201
NOT_THERE: Final = 404


class CountedCluster:
    """Implements ports.cluster.Cluster over another one. A list counts once, however many pages it has, and a watch when it
    ends; what a cluster serves is asked uncounted."""

    def __init__(self, inner: Cluster, counts: Counter[ApiRequest] | None = None) -> None:
        self._inner = inner
        self._counts: Counter[ApiRequest] = Counter() if counts is None else counts

    @property
    def requests(self) -> Mapping[ApiRequest, int]:
        return MappingProxyType(self._counts)

    def as_user(self, user: str) -> CountedCluster:
        return CountedCluster(self._inner.as_user(user), self._counts)

    async def discover(self) -> Discovery:
        return await self._inner.discover()

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject | None:
        try:
            found = await self._inner.get(resource, namespace, name)
        except ApiError as error:
            self._count("Get", resource, namespace, error.status)
            raise
        self._count("Get", resource, namespace, OK if found is not None else NOT_THERE)
        return found

    async def list(self, resource: ResourceType, *, namespace: str = "", labels: str = "", fields: str = "") -> Listing:
        work = self._inner.list(resource, namespace=namespace, labels=labels, fields=fields)
        return await self._counted("List", resource, namespace, work)

    async def watch(
        self, resource: ResourceType, *, resource_version: str, namespace: str = "", labels: str = "", fields: str = ""
    ) -> AsyncIterator[WatchEvent]:
        events = self._inner.watch(
            resource, resource_version=resource_version, namespace=namespace, labels=labels, fields=fields
        )
        status = OK
        try:
            async for event in events:
                yield event
        except ApiError as error:
            status = error.status
            raise
        finally:
            self._count("Watch", resource, namespace, status)

    async def create(
        self, resource: ResourceType, obj: KubeObject, *, field_manager: str, dry_run: bool = False
    ) -> KubeObject:
        work = self._inner.create(resource, obj, field_manager=field_manager, dry_run=dry_run)
        return await self._counted("Create", resource, namespace_of(obj), work, MADE)

    async def apply(
        self,
        resource: ResourceType,
        obj: KubeObject,
        *,
        field_manager: str,
        force: bool = True,
        dry_run: bool = False,
        subresource: str = "",
    ) -> KubeObject:
        work = self._inner.apply(
            resource, obj, field_manager=field_manager, force=force, dry_run=dry_run, subresource=subresource
        )
        return await self._counted("Patch", resource, namespace_of(obj), work)

    async def replace(
        self,
        resource: ResourceType,
        obj: KubeObject,
        *,
        field_manager: str,
        dry_run: bool = False,
        subresource: str = "",
    ) -> KubeObject:
        work = self._inner.replace(resource, obj, field_manager=field_manager, dry_run=dry_run, subresource=subresource)
        return await self._counted("Update", resource, namespace_of(obj), work)

    async def patch(
        self,
        resource: ResourceType,
        namespace: str,
        name: str,
        body: Any,
        kind: PatchKind,
        *,
        field_manager: str,
        subresource: str = "",
        dry_run: bool = False,
    ) -> KubeObject:
        work = self._inner.patch(
            resource,
            namespace,
            name,
            body,
            kind,
            field_manager=field_manager,
            subresource=subresource,
            dry_run=dry_run,
        )
        return await self._counted("Patch", resource, namespace, work)

    async def delete(
        self,
        resource: ResourceType,
        namespace: str,
        name: str,
        *,
        propagation: Propagation = Propagation.BACKGROUND,
        uid: str = "",
        resource_version: str = "",
        grace_period_seconds: int | None = None,
    ) -> None:
        work = self._inner.delete(
            resource,
            namespace,
            name,
            propagation=propagation,
            uid=uid,
            resource_version=resource_version,
            grace_period_seconds=grace_period_seconds,
        )
        await self._counted("Delete", resource, namespace, work)

    async def _counted(
        self, verb: str, resource: ResourceType, namespace: str, work: Awaitable[T], status: int = OK
    ) -> T:
        try:
            answer = await work
        except ApiError as error:
            self._count(verb, resource, namespace, error.status)
            raise
        self._count(verb, resource, namespace, status)
        return answer

    def _count(self, verb: str, resource: ResourceType, namespace: str, status: int) -> None:
        self._counts[ApiRequest(resource.plural, namespace, verb, status)] += 1
