"""Discovery, what is not served, and the errors of the front door."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.adapters.kube.client import KubeClient
from holdfast.model.discovery import ResourceType
from holdfast.ports.transport import Request, Response
from tests.contract.objects import config_map, definition_of
from tests.contract.servers import USER_AGENT, Server

AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
# What is served is a matter of how a server was started; these are there everywhere.
USUAL = [
    ("", "v1", "configmaps"),
    ("", "v1", "pods"),
    ("", "v1", "services"),
    ("", "v1", "namespaces"),
    ("apps", "v1", "deployments"),
    ("apps", "v1", "statefulsets"),
    ("batch", "v1", "cronjobs"),
    ("autoscaling", "v2", "horizontalpodautoscalers"),
    ("networking.k8s.io", "v1", "ingresses"),
    ("rbac.authorization.k8s.io", "v1", "roles"),
    ("policy", "v1", "poddisruptionbudgets"),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions"),
]


class LegacyOnly:
    """A transport to a server that does not know aggregated discovery."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        headers = {**request.headers, "accept": "application/json"}
        return await self._server.transport.send(
            Request(request.method, request.path, request.query, headers, request.body), timeout=timeout
        )


def by_resource(types: tuple[ResourceType, ...]) -> dict[tuple[str, str, str], ResourceType]:
    return {(each.group, each.version, each.plural): each for each in types}


async def test_the_usual_kinds_are_served_with_verbs_and_subresources(server: Server) -> None:
    found = by_resource((await server.client.discover()).types)
    server.same(
        [
            {
                "kind": found[key].kind,
                "namespaced": found[key].namespaced,
                "verbs": sorted(found[key].verbs),
                "subresources": sorted(found[key].subresources),
                "short": sorted(found[key].short_names),
                "singular": found[key].singular,
                "categories": sorted(found[key].categories),
            }
            for key in USUAL
        ]
    )


async def test_aggregated_and_legacy_discovery_agree(server: Server) -> None:
    legacy: Any = LegacyOnly(server)
    listed = by_resource((await KubeClient(legacy, user_agent=USER_AGENT).discover()).types)
    aggregated = by_resource((await server.client.discover()).types)
    # Other tests define kinds at the same time on the real server.
    ours = {key for key in listed.keys() & aggregated.keys() if not key[0].endswith("example.com")}
    others = {key for key in listed.keys() ^ aggregated.keys() if not key[0].endswith("example.com")}
    assert not others
    assert {key: listed[key] for key in ours} == {key: aggregated[key] for key in ours}


@pytest.mark.timeout(200)
async def test_a_new_kind_is_discovered_and_forgotten(server: Server) -> None:
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    definition = definition_of(server.group, "Gadget", [version])
    made = await server.created(definition)
    key = (server.group, "v1", "gadgets")

    async def is_discovered() -> bool:
        return key in by_resource((await server.client.discover()).types)

    async def is_forgotten() -> bool:
        return not await is_discovered()

    await server.until(is_discovered, "the kind is discovered")
    found = by_resource((await server.client.discover()).types)[key]
    assert (found.kind, found.short_names, found.singular) == ("Gadget", ("ga",), "gadget")
    server.matches(await server.call("GET", f"/apis/{server.group}"))
    server.matches(await server.call("GET", f"/apis/{server.group}/v1"))
    await server.delete(made)
    await server.until(is_forgotten, "the kind is forgotten", seconds=150)


async def test_the_newest_stable_version_is_preferred(server: Server) -> None:
    types = (await server.client.discover()).types
    autoscalers = [each.version for each in types if each.kind == "HorizontalPodAutoscaler"]
    assert autoscalers[0] == "v2"


async def test_what_is_not_served(server: Server) -> None:
    for path in (
        f"/api/v1/namespaces/{server.namespace}/nonsenses",
        "/apis/nope.example.com/v1/foos",
        "/apis/apps/v7/deployments",
        "/nope",
        f"/apis/apps/v1/namespaces/{server.namespace}/deployments/x/nonsense",
    ):
        server.matches(await server.call("GET", path))


async def test_methods_that_a_path_does_not_have(server: Server) -> None:
    await server.created(config_map("x"))
    server.matches(await server.call("POST", server.path(config_map("x")), config_map("x")))
    server.matches(await server.call("PUT", server.path(config_map("")), config_map("x")))
    server.matches(await server.call("DELETE", "/api/v1/namespaces"))


async def test_bodies_that_are_none(server: Server) -> None:
    path = server.path(config_map(""))
    for body in (b"{nope", b"", b"[]", b'"text"'):
        answer = await server.call("POST", path, body)
        assert answer.status == 400, answer.body
        assert answer.body["reason"] == "BadRequest"


async def test_media_types_that_nobody_serves(server: Server) -> None:
    await server.created(config_map("x"))
    answer = await server.call("GET", server.path(config_map("x")), headers={"accept": "text/html"})
    assert answer.status == 406
    server.matches(answer)


async def test_health_and_version(server: Server) -> None:
    for path in ("/readyz", "/livez", "/healthz"):
        answer = await server.call("GET", path)
        assert (answer.status, answer.body) == (200, "ok")
    version = await server.call("GET", "/version")
    assert (version.status, version.body["major"], version.body["minor"]) == (200, "1", "37")


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_what_is_too_large_is_refused(server: Server) -> None:
    answer = await server.create(config_map("x", a="x" * 1_100_000))
    assert answer.status == 422
    server.same(answer.body["reason"])
    assert (await server.create(config_map("x", a="x" * 3_200_000))).status == 413
