"""Each verb of the Kubernetes API as the HTTP request that says it.

Source: https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

from typing import Any

import orjson

from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.ports.cluster import PatchKind, Propagation
from holdfast.ports.transport import Request

JSON = "application/json"
# A JSON body is YAML too, and this is the only media type that servers of every age take for an apply.
APPLY = "application/apply-patch+yaml"
AGGREGATED_DISCOVERY = ",".join(
    [
        "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
        "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList",
        JSON,
    ]
)

PAGE_SIZE = 500
# A server ends a watch after at most this long; it is then resumed, so a dead connection is noticed.
WATCH_SECONDS = 300


def read(path: str, *, accept: str = JSON) -> Request:
    return Request("GET", path, headers={"accept": accept})


def get(resource: ResourceType, namespace: str, name: str) -> Request:
    return read(resource.object_path(namespace, name))


def list_page(
    resource: ResourceType, *, namespace: str = "", labels: str = "", fields: str = "", continue_from: str = ""
) -> Request:
    query = [("limit", str(PAGE_SIZE)), *_selectors(labels, fields)]
    if continue_from:
        query.append(("continue", continue_from))
    return Request("GET", resource.collection_path(namespace), tuple(query), {"accept": JSON})


def watch(
    resource: ResourceType, *, resource_version: str, namespace: str = "", labels: str = "", fields: str = ""
) -> Request:
    query = [
        ("watch", "true"),
        ("allowWatchBookmarks", "true"),
        ("resourceVersion", resource_version),
        ("timeoutSeconds", str(WATCH_SECONDS)),
        *_selectors(labels, fields),
    ]
    return Request("GET", resource.collection_path(namespace), tuple(query), {"accept": JSON})


def create(resource: ResourceType, obj: KubeObject, *, field_manager: str, dry_run: bool = False) -> Request:
    path = resource.collection_path(namespace_of(obj))
    return _write("POST", path, JSON, obj, _options(field_manager, dry_run))


def replace(
    resource: ResourceType, obj: KubeObject, *, field_manager: str, dry_run: bool = False, subresource: str = ""
) -> Request:
    path = resource.object_path(namespace_of(obj), name_of(obj), subresource)
    return _write("PUT", path, JSON, obj, _options(field_manager, dry_run))


def apply(
    resource: ResourceType,
    obj: KubeObject,
    *,
    field_manager: str,
    force: bool = True,
    dry_run: bool = False,
    subresource: str = "",
) -> Request:
    path = resource.object_path(namespace_of(obj), name_of(obj), subresource)
    query = [*_options(field_manager, dry_run), ("force", "true" if force else "false")]
    return _write("PATCH", path, APPLY, obj, query)


def patch(
    resource: ResourceType,
    namespace: str,
    name: str,
    body: Any,
    kind: PatchKind,
    *,
    field_manager: str,
    subresource: str = "",
    dry_run: bool = False,
) -> Request:
    path = resource.object_path(namespace, name, subresource)
    return _write("PATCH", path, kind.value, body, _options(field_manager, dry_run))


def delete(
    resource: ResourceType,
    namespace: str,
    name: str,
    *,
    propagation: Propagation = Propagation.BACKGROUND,
    uid: str = "",
    resource_version: str = "",
    grace_period_seconds: int | None = None,
) -> Request:
    options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation.value}
    preconditions = {"uid": uid, "resourceVersion": resource_version}
    if uid or resource_version:
        options["preconditions"] = {name: value for name, value in preconditions.items() if value}
    if grace_period_seconds is not None:
        options["gracePeriodSeconds"] = grace_period_seconds
    return _write("DELETE", resource.object_path(namespace, name), JSON, options, [])


def _selectors(labels: str, fields: str) -> list[tuple[str, str]]:
    return [(name, value) for name, value in (("labelSelector", labels), ("fieldSelector", fields)) if value]


def _options(field_manager: str, dry_run: bool) -> list[tuple[str, str]]:
    return [("fieldManager", field_manager), *([("dryRun", "All")] if dry_run else [])]


def _write(method: str, path: str, media_type: str, body: Any, query: list[tuple[str, str]]) -> Request:
    return Request(method, path, tuple(query), {"accept": JSON, "content-type": media_type}, orjson.dumps(body))
