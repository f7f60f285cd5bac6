"""Reads the discovery documents of an API server, aggregated or one by one.

Source: https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import msgspec
from msgspec import Struct, field

from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Unavailable

S = TypeVar("S", bound=Struct)


class _Named(Struct):
    name: str = ""


class _ResponseKind(Struct):
    group: str = ""
    version: str = ""
    kind: str = ""


class _Subresource(Struct):
    subresource: str = ""


class _AggregatedResource(Struct, rename="camel"):
    resource: str
    response_kind: _ResponseKind | None = None
    scope: str = "Namespaced"
    singular_resource: str = ""
    verbs: list[str] | None = None
    short_names: list[str] | None = None
    categories: list[str] | None = None
    subresources: list[_Subresource] | None = None


class _AggregatedVersion(Struct):
    version: str
    resources: list[_AggregatedResource] | None = None


class _AggregatedGroup(Struct):
    metadata: _Named = field(default_factory=_Named)
    versions: list[_AggregatedVersion] | None = None


class Aggregated(Struct):
    """`APIGroupDiscoveryList`; `kind` is something else when the server does not know it."""

    kind: str = ""
    items: list[_AggregatedGroup] | None = None


class _GroupVersion(Struct, rename="camel"):
    version: str = ""


class _Group(Struct, rename="camel"):
    name: str
    versions: list[_GroupVersion] | None = None
    preferred_version: _GroupVersion | None = None


class Groups(Struct):
    """`APIGroupList`."""

    groups: list[_Group] | None = None


class CoreVersions(Struct):
    """`APIVersions`."""

    versions: list[str] | None = None


class _Resource(Struct, rename="camel"):
    name: str
    kind: str = ""
    singular_name: str = ""
    namespaced: bool = False
    verbs: list[str] | None = None
    short_names: list[str] | None = None
    categories: list[str] | None = None


class Resources(Struct):
    """`APIResourceList`."""

    resources: list[_Resource] | None = None


class Version(Struct, rename="camel"):
    git_version: str = ""


def read(body: bytes, into: type[S]) -> S:
    try:
        return msgspec.json.decode(body, type=into)
    except msgspec.DecodeError as error:
        raise Unavailable(f"the discovery document cannot be read as {into.__name__}: {error}") from None


def aggregated_types(document: Aggregated) -> Iterator[ResourceType]:
    for group in document.items or ():
        for version in group.versions or ():
            for resource in version.resources or ():
                if resource.response_kind is not None and resource.response_kind.kind:
                    yield _aggregated_type(group.metadata.name, version.version, resource)


def _aggregated_type(group: str, version: str, resource: _AggregatedResource) -> ResourceType:
    return ResourceType(
        group=group,
        version=version,
        kind=resource.response_kind.kind if resource.response_kind else "",
        plural=resource.resource,
        namespaced=resource.scope == "Namespaced",
        verbs=frozenset(resource.verbs or ()),
        subresources=frozenset(each.subresource for each in resource.subresources or ()),
        short_names=tuple(resource.short_names or ()),
        singular=resource.singular_resource,
        categories=tuple(resource.categories or ()),
    )


def versions_by_preference(group: _Group) -> list[str]:
    versions = [each.version for each in group.versions or ()]
    preferred = group.preferred_version.version if group.preferred_version else ""
    return sorted(versions, key=lambda version: version != preferred)


def listed_types(group: str, version: str, document: Resources) -> Iterator[ResourceType]:
    """Subresources come as entries of their own, named `deployments/scale`."""
    subresources: dict[str, set[str]] = {}
    for resource in document.resources or ():
        parent, _, subresource = resource.name.partition("/")
        if subresource:
            subresources.setdefault(parent, set()).add(subresource)
    for resource in document.resources or ():
        if "/" not in resource.name:
            yield ResourceType(
                group=group,
                version=version,
                kind=resource.kind,
                plural=resource.name,
                namespaced=resource.namespaced,
                verbs=frozenset(resource.verbs or ()),
                subresources=frozenset(subresources.get(resource.name, ())),
                short_names=tuple(resource.short_names or ()),
                singular=resource.singular_name,
                categories=tuple(resource.categories or ()),
            )
