"""A Kubernetes cluster behind the Cluster port, over any transport."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from typing import Any, TypeVar

import msgspec

from holdfast.adapters.kube import answers, discovery, requests
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.errors import ApiError, NotFound
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject
from holdfast.ports.cluster import Listing, PatchKind, Propagation, WatchEvent
from holdfast.ports.transport import Request, Transport

S = TypeVar("S", bound=msgspec.Struct)

log = logging.getLogger("holdfast.kube")

# What a refused watch says in its body is a Status of a few lines.
MOST_ERROR_LINES = 100


class KubeClient:
    """Implements ports.cluster.Cluster. Closing the transport is up to whoever made it."""

    def __init__(self, transport: Transport, *, user_agent: str, acting_as: str = "", confined_to: str = "") -> None:
        """`confined_to` is the namespace whose objects are listed and watched where all are asked for, "" for no such limit."""
        self._transport = transport
        self._user_agent = user_agent
        self._acting_as = acting_as
        self._confined_to = confined_to
        self._discovered: dict[str, tuple[bytes, tuple[ResourceType, ...]]] = {}

    def as_user(self, user: str) -> KubeClient:
        return KubeClient(self._transport, user_agent=self._user_agent, acting_as=user, confined_to=self._confined_to)

    def _place(self, resource: ResourceType, namespace: str) -> str:
        return namespace or (self._confined_to if resource.namespaced else "")

    async def discover(self) -> Discovery:
        version = await self._read("/version", discovery.Version)
        core = await self._aggregated("/api")
        named = await self._aggregated("/apis") if core is not None else None
        if core is not None and named is not None:
            types = (*core, *named)
        else:
            types = await self._listed_types()
        return Discovery(version.git_version, types)

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject | None:
        try:
            return await self._object(requests.get(resource, namespace, name))
        except NotFound:
            return None

    async def list(self, resource: ResourceType, *, namespace: str = "", labels: str = "", fields: str = "") -> Listing:
        items: list[LiveObject] = []
        continue_from = ""
        namespace = self._place(resource, namespace)
        while True:
            page = answers.page(
                await self._body(
                    requests.list_page(
                        resource, namespace=namespace, labels=labels, fields=fields, continue_from=continue_from
                    )
                )
            )
            items.extend(answers.live_object(resource, bytes(raw)) for raw in page.items or ())
            continue_from = page.metadata.continue_from
            if not continue_from:
                return Listing(tuple(items), page.metadata.resource_version)

    async def watch(
        self, resource: ResourceType, *, resource_version: str, namespace: str = "", labels: str = "", fields: str = ""
    ) -> AsyncIterator[WatchEvent]:
        request = requests.watch(
            resource,
            resource_version=resource_version,
            namespace=self._place(resource, namespace),
            labels=labels,
            fields=fields,
        )
        async with self._transport.stream(self._signed(request)) as stream:
            if stream.status != 200:
                lines = [line async for line in _first(stream.lines, MOST_ERROR_LINES)]
                raise answers.error_from(stream.status, stream.headers, b"\n".join(lines))
            async for line in stream.lines:
                yield answers.watch_event(resource, line)

    async def create(
        self, resource: ResourceType, obj: KubeObject, *, field_manager: str, dry_run: bool = False
    ) -> KubeObject:
        return await self._object(requests.create(resource, obj, field_manager=field_manager, dry_run=dry_run))

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
        return await self._object(
            requests.apply(
                resource, obj, field_manager=field_manager, force=force, dry_run=dry_run, subresource=subresource
            )
        )

    async def replace(
        self,
        resource: ResourceType,
        obj: KubeObject,
        *,
        field_manager: str,
        dry_run: bool = False,
        subresource: str = "",
    ) -> KubeObject:
        return await self._object(
            requests.replace(resource, obj, field_manager=field_manager, dry_run=dry_run, subresource=subresource)
        )

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
        return await self._object(
            requests.patch(
                resource,
                namespace,
                name,
                body,
                kind,
                field_manager=field_manager,
                subresource=subresource,
                dry_run=dry_run,
            )
        )

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
        await self._body(
            requests.delete(
                resource,
                namespace,
                name,
                propagation=propagation,
                uid=uid,
                resource_version=resource_version,
                grace_period_seconds=grace_period_seconds,
            )
        )

    async def _aggregated(self, path: str) -> tuple[ResourceType, ...] | None:
        """None from a server that does not know the aggregated form. An answer that says what the last one said is not
        read again: it is long, and asked for every few minutes."""
        try:
            body = await self._body(requests.read(path, accept=requests.AGGREGATED_DISCOVERY))
        except ApiError as error:
            if error.status == 406:
                return None
            raise
        known = self._discovered.get(path)
        if known is not None and known[0] == body:
            return known[1]
        document = discovery.read(body, discovery.Aggregated)
        if document.kind != "APIGroupDiscoveryList":
            return None
        types = tuple(discovery.aggregated_types(document))
        self._discovered[path] = (body, types)
        return types

    async def _listed_types(self) -> tuple[ResourceType, ...]:
        places = [("", version) for version in (await self._read("/api", discovery.CoreVersions)).versions or ()]
        for group in (await self._read("/apis", discovery.Groups)).groups or ():
            places += [(group.name, version) for version in discovery.versions_by_preference(group)]
        types: list[ResourceType] = []
        for group_name, version in places:
            path = f"/apis/{group_name}/{version}" if group_name else f"/api/{version}"
            try:
                document = await self._read(path, discovery.Resources)
            except ApiError as error:
                # An aggregated API server that is down takes only its own group along.
                log.warning("discovery of %s failed: %s", path, error)
            else:
                types += discovery.listed_types(group_name, version, document)
        return tuple(types)

    async def _read(self, path: str, into: type[S]) -> S:
        return discovery.read(await self._body(requests.read(path)), into)

    async def _object(self, request: Request) -> KubeObject:
        return answers.json_object(await self._body(request))

    async def _body(self, request: Request) -> bytes:
        response = await self._transport.send(self._signed(request))
        if not 200 <= response.status < 300:
            raise answers.error_from(response.status, response.headers, response.body)
        return response.body

    def _signed(self, request: Request) -> Request:
        headers = {**request.headers, "user-agent": self._user_agent}
        if self._acting_as:
            headers["impersonate-user"] = self._acting_as
        return msgspec.structs.replace(request, headers=headers)


async def _first(lines: AsyncIterator[bytes], most: int) -> AsyncIterator[bytes]:
    count = 0
    async for line in lines:
        yield line
        count += 1
        if count >= most:
            return
