"""What Holdfast needs from a Kubernetes cluster. Readers do not write; a controller names only what it uses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from enum import Enum
from typing import Any, Protocol

from msgspec import Struct

from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.kube import KubeObject
from holdfast.model.live import LiveObject


class PatchKind(Enum):
    """The media types of a PATCH."""

    JSON = "application/json-patch+json"
    MERGE = "application/merge-patch+json"
    STRATEGIC = "application/strategic-merge-patch+json"


class Propagation(Enum):
    """Deletion of dependents. Source: https://kubernetes.io/docs/concepts/architecture/garbage-collection/"""

    BACKGROUND = "Background"
    FOREGROUND = "Foreground"
    ORPHAN = "Orphan"


class Listing(Struct, frozen=True):
    """A whole collection at one resource version."""

    items: tuple[LiveObject, ...]
    resource_version: str


class WatchKind(Enum):
    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


class WatchEvent(Struct, frozen=True):
    """For BOOKMARK only `obj.metadata.resource_version` (and annotations) means something."""

    kind: WatchKind
    obj: LiveObject


class Reader(Protocol):
    async def discover(self) -> Discovery: ...

    async def get(self, resource: ResourceType, namespace: str, name: str) -> KubeObject | None:
        """None when there is no such object; raises ApiError for every other refusal."""
        ...

    async def list(self, resource: ResourceType, *, namespace: str = "", labels: str = "", fields: str = "") -> Listing:
        """All pages. `labels` and `fields` are selectors in Kubernetes' own syntax."""
        ...

    def watch(
        self, resource: ResourceType, *, resource_version: str, namespace: str = "", labels: str = "", fields: str = ""
    ) -> AsyncIterator[WatchEvent]:
        """Events after `resource_version`; ends when the server ends it. Raises Gone when the version is too old."""
        ...


class Writer(Protocol):
    """Every verb answers the object as the server now has it, or would have it with `dry_run`."""

    async def create(
        self, resource: ResourceType, obj: KubeObject, *, field_manager: str, dry_run: bool = False
    ) -> KubeObject: ...

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
        """Server-side apply."""
        ...

    async def replace(
        self,
        resource: ResourceType,
        obj: KubeObject,
        *,
        field_manager: str,
        dry_run: bool = False,
        subresource: str = "",
    ) -> KubeObject: ...

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
    ) -> KubeObject: ...

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
        """With `uid` the deletion is refused (Conflict) when the object is another one, with `resource_version` when it
        has changed since. NotFound is raised."""
        ...


class Cluster(Reader, Writer, Protocol):
    def as_user(self, user: str) -> Cluster:
        """The same cluster, every request made in the name of another user: the server asks what that one may do.

        Source: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation
        """
        ...
