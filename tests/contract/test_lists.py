"""Lists: order, selectors, pages, versions, and what is refused."""

from __future__ import annotations

import pytest

from holdfast.model.kube import KubeObject
from tests.contract.objects import config_map, deployment, pod, secret, with_metadata
from tests.contract.servers import Server


def names(items: list[KubeObject]) -> list[str]:
    return [each["metadata"]["name"] for each in items]


async def make(server: Server, *wanted: str) -> None:
    for name in wanted:
        await server.created(secret(name, labels={"name": name, "even": str(len(name) % 2 == 0).lower()}))


async def test_items_are_sorted_by_name_and_carry_no_kind(server: Server) -> None:
    await make(server, "b", "a", "c")
    answer = await server.get(secret(""))
    assert answer.body["kind"] == "SecretList"
    assert names(answer.body["items"]) == ["a", "b", "c"]
    assert all("kind" not in each and "apiVersion" not in each for each in answer.body["items"])
    server.matches(answer)


async def test_a_list_of_nothing(server: Server) -> None:
    server.matches(await server.get(secret("")))
    absent = with_metadata(secret(""), namespace="absent-" + server.namespace)
    assert (await server.get(absent)).body["items"] == []


SELECTORS = [
    "even=true",
    "even!=true",
    "name in (a, bb)",
    "name notin (a,bb)",
    "even",
    "!even",
    "!absent",
    "even=true,name=bb",
]


@pytest.mark.parametrize("selector", SELECTORS)
async def test_label_selectors(server: Server, selector: str) -> None:
    await make(server, "a", "bb", "ccc", "dd")
    await server.created(secret("plain"))
    server.same(names(await server.items(secret(""), labelSelector=selector)))


@pytest.mark.parametrize("selector", ["metadata.name=a", "metadata.name!=a", "type=Opaque", "type!=Opaque"])
async def test_field_selectors(server: Server, selector: str) -> None:
    await make(server, "a", "bb")
    server.same(names(await server.items(secret(""), fieldSelector=selector)))


async def test_field_selectors_of_pods(server: Server) -> None:
    await server.created(pod("x", nodeName="n1", automountServiceAccountToken=False))
    await server.created(pod("y", automountServiceAccountToken=False))
    assert names(await server.items(pod(""), fieldSelector="spec.nodeName=n1")) == ["x"]
    assert names(await server.items(pod(""), fieldSelector="spec.nodeName=")) == ["y"]
    assert names(await server.items(pod(""), fieldSelector="status.phase=Pending")) == ["x", "y"]


BAD_QUERIES = [
    {"labelSelector": "a in b"},
    {"fieldSelector": "data.x=1"},
    {"fieldSelector": "abc"},
    {"limit": "abc"},
    {"resourceVersion": "abc"},
    {"resourceVersionMatch": "Exact"},
]


@pytest.mark.parametrize("query", BAD_QUERIES, ids=lambda query: "&".join(f"{k}={v}" for k, v in query.items()))
async def test_bad_queries_are_refused(server: Server, query: dict[str, str]) -> None:
    server.matches(await server.get(secret(""), **query))


async def test_a_token_that_is_none_is_refused(server: Server) -> None:
    answer = await server.get(secret(""), limit="1", **{"continue": "abc"})
    assert (answer.status, answer.body["reason"]) == (400, "BadRequest")


async def test_pages_show_one_state(server: Server) -> None:
    await make(server, "a", "b", "c", "d", "e")
    first = await server.get(secret(""), limit="2")
    assert first.body["metadata"]["remainingItemCount"] == 3
    await make(server, "bb")
    await server.delete(secret("d"))
    second = await server.get(secret(""), limit="2", **{"continue": first.body["metadata"]["continue"]})
    third = await server.get(secret(""), limit="2", **{"continue": second.body["metadata"]["continue"]})
    pages = [first, second, third]
    assert [names(page.body["items"]) for page in pages] == [["a", "b"], ["c", "d"], ["e"]]
    assert len({page.body["metadata"]["resourceVersion"] for page in pages}) == 1
    for page in pages:
        server.same(page.body["metadata"])


async def test_pages_of_a_selector_do_not_count(server: Server) -> None:
    await make(server, "a", "b", "c")
    page = await server.get(secret(""), limit="1", labelSelector="even=false")
    assert names(page.body["items"]) == ["a"]
    assert "remainingItemCount" not in page.body["metadata"]
    assert page.body["metadata"]["continue"]


async def test_a_token_of_a_lost_state_is_gone_and_gives_another(forgetful_server: Server) -> None:
    server = forgetful_server
    await make(server, "a", "b", "c")
    first = await server.get(secret(""), limit="1")
    await server.forget()
    answer = await server.get(secret(""), limit="1", **{"continue": first.body["metadata"]["continue"]})
    assert (answer.status, answer.body["reason"]) == (410, "Expired")
    server.matches(answer)
    rest = await server.get(secret(""), limit="5", **{"continue": answer.body["metadata"]["continue"]})
    assert names(rest.body["items"]) == ["b", "c"]


async def test_a_list_at_an_exact_version(forgetful_server: Server) -> None:
    server = forgetful_server
    await make(server, "a")
    version = (await server.get(secret(""))).body["metadata"]["resourceVersion"]
    await make(server, "b")
    exact = {"resourceVersion": version, "resourceVersionMatch": "Exact"}
    assert names(await server.items(secret(""), **exact)) == ["a"]
    assert names(await server.items(secret(""), resourceVersion=version)) == ["a", "b"]
    await server.forget()
    server.matches(await server.get(secret(""), **exact))


async def test_the_version_of_a_list_is_the_newest_of_all(server: Server) -> None:
    await make(server, "a")
    before = int((await server.get(secret(""))).body["metadata"]["resourceVersion"])
    changed = await server.created(config_map("x"))
    after = int((await server.get(secret(""))).body["metadata"]["resourceVersion"])
    assert before < int(changed["metadata"]["resourceVersion"]) <= after


async def test_all_namespaces_at_once(server: Server) -> None:
    await server.created(deployment("x"))
    everywhere = with_metadata(deployment(""), namespace="")
    answer = await server.call("GET", server.path(everywhere))
    assert (server.namespace, "x") in [
        (each["metadata"]["namespace"], each["metadata"]["name"]) for each in answer.body["items"]
    ]
    server.matches(await server.call("POST", server.path(everywhere), deployment("y")))


async def test_metadata_alone_when_asked_for(server: Server) -> None:
    await server.created(config_map("x", a="1"))
    accept = {"accept": "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}
    server.matches(await server.call("GET", server.path(config_map("x")), headers=accept))
    listed = {"accept": "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"}
    await make(server, "a")
    server.matches(await server.call("GET", server.path(secret("")), headers=listed))
