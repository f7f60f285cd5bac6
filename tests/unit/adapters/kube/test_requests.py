"""Every verb as the request it becomes."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from holdfast.adapters.kube import requests
from holdfast.model.discovery import ResourceType
from holdfast.ports.cluster import PatchKind, Propagation
from holdfast.ports.transport import Request

DEPLOYMENT = ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True)
NODE = ResourceType("", "v1", "Node", "nodes", namespaced=False)
OBJ = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"}}
MANAGER = "holdfast"

WATCH = {"watch": "true", "allowWatchBookmarks": "true", "timeoutSeconds": "300"}
WEB = "/apis/apps/v1/namespaces/shop/deployments/web"
MINE = {"fieldManager": MANAGER}

CASES: dict[str, tuple[Request, str, str, dict[str, str], str, Any]] = {
    "get": (requests.get(DEPLOYMENT, "shop", "web"), "GET", WEB, {}, "", None),
    "get of a cluster-scoped object": (requests.get(NODE, "", "n1"), "GET", "/api/v1/nodes/n1", {}, "", None),
    "list of all namespaces": (
        requests.list_page(DEPLOYMENT),
        "GET",
        "/apis/apps/v1/deployments",
        {"limit": "500"},
        "",
        None,
    ),
    "list of one namespace by selectors, next page": (
        requests.list_page(
            DEPLOYMENT, namespace="shop", labels="a in (b)", fields="metadata.name=x", continue_from="c"
        ),
        "GET",
        "/apis/apps/v1/namespaces/shop/deployments",
        {"limit": "500", "labelSelector": "a in (b)", "fieldSelector": "metadata.name=x", "continue": "c"},
        "",
        None,
    ),
    "watch": (
        requests.watch(NODE, resource_version="7", labels="a=b"),
        "GET",
        "/api/v1/nodes",
        WATCH | {"resourceVersion": "7", "labelSelector": "a=b"},
        "",
        None,
    ),
    "create": (
        requests.create(DEPLOYMENT, OBJ, field_manager=MANAGER, dry_run=True),
        "POST",
        "/apis/apps/v1/namespaces/shop/deployments",
        MINE | {"dryRun": "All"},
        "application/json",
        OBJ,
    ),
    "replace of the status": (
        requests.replace(DEPLOYMENT, OBJ, field_manager=MANAGER, subresource="status"),
        "PUT",
        WEB + "/status",
        MINE,
        "application/json",
        OBJ,
    ),
    "apply by force": (
        requests.apply(DEPLOYMENT, OBJ, field_manager=MANAGER),
        "PATCH",
        WEB,
        MINE | {"force": "true"},
        "application/apply-patch+yaml",
        OBJ,
    ),
    "apply without force, dry": (
        requests.apply(DEPLOYMENT, OBJ, field_manager=MANAGER, force=False, dry_run=True),
        "PATCH",
        WEB,
        MINE | {"force": "false", "dryRun": "All"},
        "application/apply-patch+yaml",
        OBJ,
    ),
    "json patch": (
        requests.patch(DEPLOYMENT, "shop", "web", [{"op": "test"}], PatchKind.JSON, field_manager=MANAGER),
        "PATCH",
        WEB,
        MINE,
        "application/json-patch+json",
        [{"op": "test"}],
    ),
    "strategic merge patch of the scale": (
        requests.patch(
            DEPLOYMENT, "shop", "web", {"spec": {}}, PatchKind.STRATEGIC, field_manager=MANAGER, subresource="scale"
        ),
        "PATCH",
        WEB + "/scale",
        MINE,
        "application/strategic-merge-patch+json",
        {"spec": {}},
    ),
    "delete": (
        requests.delete(DEPLOYMENT, "shop", "web"),
        "DELETE",
        WEB,
        {},
        "application/json",
        {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"},
    ),
    "delete of this very object, at once": (
        requests.delete(DEPLOYMENT, "shop", "web", propagation=Propagation.FOREGROUND, uid="u", grace_period_seconds=0),
        "DELETE",
        WEB,
        {},
        "application/json",
        {
            "apiVersion": "v1",
            "kind": "DeleteOptions",
            "propagationPolicy": "Foreground",
            "preconditions": {"uid": "u"},
            "gracePeriodSeconds": 0,
        },
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_verb_is_one_request(name: str) -> None:
    request, method, path, query, media_type, body = CASES[name]
    assert (request.method, request.path, dict(request.query)) == (method, path, query)
    assert request.headers.get("content-type", "") == media_type
    assert request.headers["accept"].startswith("application/json")
    assert (orjson.loads(request.body) if request.body else None) == body
