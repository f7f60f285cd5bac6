"""The client over a transport that plays recorded answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from holdfast.adapters.kube import answers
from holdfast.adapters.kube.client import KubeClient
from holdfast.model import errors
from holdfast.model.discovery import ResourceType
from holdfast.model.keys import GroupKind
from holdfast.ports.cluster import Cluster, WatchKind
from holdfast.ports.transport import Request, Response, Stream

POD = ResourceType("", "v1", "Pod", "pods", namespaced=True)


class Recorded:
    """Answers by path, or the answers to one path one after the other."""

    def __init__(self, answers_by_path: dict[str, Any]) -> None:
        self.answers = answers_by_path
        self.requests: list[Request] = []

    def _next(self, request: Request) -> Response:
        self.requests.append(request)
        answer = self.answers.get(request.path, Response(404, {}, b"not found"))
        if isinstance(answer, list):
            answer = answer.pop(0)
        return answer if isinstance(answer, Response) else Response(200, {}, orjson.dumps(answer))

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        return self._next(request)

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        response = self._next(request)

        async def lines() -> AsyncIterator[bytes]:
            for line in response.body.split(b"\n"):
                yield line

        yield Stream(response.status, response.headers, lines())

    async def close(self) -> None:
        pass


def client(transport: Recorded) -> Cluster:
    return KubeClient(transport, user_agent="holdfast/test")


def status(code: int, reason: str, **more: Any) -> dict[str, Any]:
    return {"kind": "Status", "status": "Failure", "code": code, "reason": reason, "message": f"{reason}!", **more}


def failure(code: int, reason: str, **more: Any) -> Response:
    return Response(code, {}, orjson.dumps(status(code, reason, **more)))


def pod(name: str) -> dict[str, Any]:
    owners = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "rs", "uid": "r", "controller": True}]
    metadata = {"name": name, "namespace": "shop", "uid": name, "resourceVersion": "3", "ownerReferences": owners}
    return {"metadata": metadata, "spec": {"nodeName": "n"}}


async def test_a_list_goes_through_all_pages_and_keeps_raw_bytes() -> None:
    transport = Recorded(
        {
            "/api/v1/pods": [
                {"metadata": {"resourceVersion": "9", "continue": "next"}, "items": [pod("a"), pod("b")]},
                {"metadata": {"resourceVersion": "9"}, "items": [pod("c")]},
            ]
        }
    )
    listing = await client(transport).list(POD)
    assert [obj.metadata.name for obj in listing.items] == ["a", "b", "c"]
    assert listing.resource_version == "9"
    assert listing.items[0].decode() == {"apiVersion": "v1", "kind": "Pod", **pod("a")}
    assert listing.items[0].metadata.owner_references[0].controller
    assert ("continue", "next") in transport.requests[1].query
    assert transport.requests[0].headers["user-agent"] == "holdfast/test"


async def test_an_empty_list_may_be_null() -> None:
    listing = await client(Recorded({"/api/v1/pods": {"metadata": {"resourceVersion": "1"}, "items": None}})).list(POD)
    assert listing.items == ()


async def test_an_object_that_is_not_there_is_none() -> None:
    missing = Recorded({"/api/v1/namespaces/shop/pods/a": failure(404, "NotFound")})
    assert await client(missing).get(POD, "shop", "a") is None


def watch_answer(*events: dict[str, Any]) -> Recorded:
    return Recorded({"/api/v1/pods": Response(200, {}, b"\n".join(orjson.dumps(event) for event in events))})


async def test_a_watch_yields_objects_and_bookmarks() -> None:
    bookmark = {"kind": "Pod", "apiVersion": "v1", "metadata": {"resourceVersion": "12"}}
    transport = watch_answer({"type": "ADDED", "object": pod("a")}, {"type": "BOOKMARK", "object": bookmark})
    events = [event async for event in client(transport).watch(POD, resource_version="1")]
    assert [event.kind for event in events] == [WatchKind.ADDED, WatchKind.BOOKMARK]
    assert events[0].obj.metadata.name == "a"
    assert events[1].obj.metadata.resource_version == "12"


async def test_an_error_event_is_raised_as_the_error_it_holds() -> None:
    transport = watch_answer({"type": "ERROR", "object": status(410, "Expired")})
    with pytest.raises(errors.Gone):
        [event async for event in client(transport).watch(POD, resource_version="1")]


async def test_a_refused_watch_is_raised() -> None:
    refused = Recorded({"/api/v1/pods": failure(403, "Forbidden")})
    with pytest.raises(errors.Forbidden, match="Forbidden!"):
        [event async for event in client(refused).watch(POD, resource_version="1")]


@pytest.mark.parametrize(
    ("code", "reason", "error"),
    [
        (400, "BadRequest", errors.BadRequest),
        (401, "Unauthorized", errors.Unauthorized),
        (403, "Forbidden", errors.Forbidden),
        (404, "NotFound", errors.NotFound),
        (405, "MethodNotAllowed", errors.MethodNotAllowed),
        (409, "AlreadyExists", errors.AlreadyExists),
        (409, "Conflict", errors.Conflict),
        (410, "Gone", errors.Gone),
        (410, "Expired", errors.Gone),
        (415, "UnsupportedMediaType", errors.UnsupportedMediaType),
        (418, "Teapot", errors.ApiError),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.TooManyRequests),
        (500, "InternalError", errors.Unavailable),
        (503, "ServiceUnavailable", errors.Unavailable),
        (504, "Timeout", errors.Unavailable),
    ],
)
def test_a_status_is_the_error_of_its_code_and_reason(code: int, reason: str, error: type[errors.ApiError]) -> None:
    raised = answers.error_from(code, {}, failure(code, reason, details={"name": "x"}).body)
    assert type(raised) is error
    assert (raised.status, raised.reason, raised.message, raised.details) == (code, reason, f"{reason}!", {"name": "x"})


def test_retry_after_is_taken_from_the_header_where_the_details_lack_it() -> None:
    busy = failure(429, "TooManyRequests", details={"retryAfterSeconds": 3}).body
    assert answers.error_from(429, {"retry-after": "7"}, busy).details == {"retryAfterSeconds": 3}
    assert answers.error_from(429, {"retry-after": "7"}, b"").details == {"retryAfterSeconds": 7}


def test_an_answer_that_is_no_status_is_shown_in_part() -> None:
    raised = answers.error_from(502, {}, b"<html>\x00bad\n gateway " + b"x" * 5000)
    assert raised.message.startswith("the server answered 502: <html>bad gateway xxx")
    assert len(raised.message) < 300


async def test_an_answer_that_is_not_json_is_unavailable() -> None:
    with pytest.raises(errors.Unavailable):
        await client(Recorded({"/api/v1/namespaces/shop/pods/a": Response(200, {}, b"<html>")})).get(POD, "shop", "a")


VERSION = {"gitVersion": "v1.36.1"}
AGGREGATED = {
    "/version": VERSION,
    "/api": {
        "kind": "APIGroupDiscoveryList",
        "items": [
            {
                "metadata": {"name": ""},
                "versions": [
                    {
                        "version": "v1",
                        "resources": [
                            {
                                "resource": "pods",
                                "responseKind": {"group": "", "version": "v1", "kind": "Pod"},
                                "scope": "Namespaced",
                                "singularResource": "pod",
                                "shortNames": ["po"],
                                "categories": ["all"],
                                "verbs": ["list", "watch"],
                                "subresources": [{"subresource": "status", "verbs": ["get"]}],
                            }
                        ],
                    }
                ],
            }
        ],
    },
    "/apis": {
        "kind": "APIGroupDiscoveryList",
        "items": [
            {
                "metadata": {"name": "autoscaling"},
                "versions": [
                    {"version": version, "resources": [{"resource": "h", "responseKind": {"kind": "H"}, "verbs": []}]}
                    for version in ("v2", "v1")
                ],
            }
        ],
    },
}
LEGACY = {
    "/version": VERSION,
    "/api": [Response(406, {}, b""), {"kind": "APIVersions", "versions": ["v1"]}],
    "/apis": {
        "kind": "APIGroupList",
        "groups": [
            {
                "name": "autoscaling",
                "versions": [{"version": "v1"}, {"version": "v2"}],
                "preferredVersion": {"version": "v2"},
            },
            {"name": "broken.example.com", "versions": [{"version": "v1"}]},
        ],
    },
    "/api/v1": {
        "resources": [
            {
                "name": "pods",
                "singularName": "pod",
                "namespaced": True,
                "kind": "Pod",
                "verbs": ["list", "watch"],
                "shortNames": ["po"],
                "categories": ["all"],
            },
            {"name": "pods/status", "namespaced": True, "kind": "Pod", "verbs": ["get"]},
        ]
    },
    "/apis/autoscaling/v1": {"resources": [{"name": "h", "namespaced": True, "kind": "H", "verbs": []}]},
    "/apis/autoscaling/v2": {"resources": [{"name": "h", "namespaced": True, "kind": "H", "verbs": []}]},
    "/apis/broken.example.com/v1": failure(503, "ServiceUnavailable"),
}


async def test_aggregated_and_legacy_discovery_agree() -> None:
    aggregated = await client(Recorded(dict(AGGREGATED))).discover()
    assert await client(Recorded(dict(LEGACY))).discover() == aggregated
    pods = aggregated.find(GroupKind("", "Pod"))
    assert pods is not None
    assert (pods.plural, pods.subresources, pods.short_names) == ("pods", frozenset({"status"}), ("po",))
    preferred = aggregated.find(GroupKind("autoscaling", "H"))
    assert preferred is not None
    assert preferred.version == "v2"


async def test_a_confined_client_asks_for_the_objects_of_one_namespace() -> None:
    listing = {"metadata": {"resourceVersion": "1"}, "items": []}
    transport = Recorded(
        dict.fromkeys((POD.collection_path("shop"), POD.collection_path("x"), "/api/v1/nodes"), listing)
    )
    confined = KubeClient(transport, user_agent="holdfast/test", confined_to="shop")
    node = ResourceType("", "v1", "Node", "nodes", namespaced=False)
    await confined.list(POD)
    await confined.as_user("somebody").list(POD)
    await confined.list(POD, namespace="x")
    await confined.list(node)
    bookmark = {"type": "BOOKMARK", "object": {"kind": "Pod", "metadata": {"resourceVersion": "2"}}}
    transport.answers[POD.collection_path("shop")] = Response(200, {}, orjson.dumps(bookmark))
    async for _ in confined.watch(POD, resource_version="1"):
        break
    asked = [request.path for request in transport.requests]
    shop = POD.collection_path("shop")
    assert asked == [shop, shop, POD.collection_path("x"), "/api/v1/nodes", shop]
