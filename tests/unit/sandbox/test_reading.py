"""Lists in pages and as they were, selectors, and watches."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


async def make(api: Any, *names: str, **labels: str) -> str:
    """Makes ConfigMaps with these labels; gives the resourceVersion after it."""
    for name in names:
        await api.post(CONFIG_MAPS, {"metadata": {"name": name, "labels": labels}})
    return str((await api.get(CONFIG_MAPS)).body["metadata"]["resourceVersion"])


async def test_a_list_comes_in_pages_that_show_one_moment(cluster: Any) -> None:
    async with cluster() as api:
        await make(api, "a", "b", "c", "d", x="y")
        selector = "labelSelector=x%3Dy".replace("%3D", "=")
        first = (await api.get(f"{CONFIG_MAPS}?limit=2&{selector}")).body
        await make(api, "e", x="y")
        await api.delete(f"{CONFIG_MAPS}/c")
        second = (await api.get(f"{CONFIG_MAPS}?limit=3&{selector}&continue={first['metadata']['continue']}")).body
        assert [item["metadata"]["name"] for item in first["items"]] == ["a", "b"]
        assert [item["metadata"]["name"] for item in second["items"]] == ["c", "d"]
        assert second["metadata"] == {"resourceVersion": first["metadata"]["resourceVersion"]}


async def test_a_page_of_everything_says_how_many_remain(cluster: Any) -> None:
    async with cluster() as api:
        await make(api, "a", "b", "c")
        metadata = (await api.get(f"{CONFIG_MAPS}?limit=1")).body["metadata"]
        assert metadata["remainingItemCount"] == 3  # kube-root-ca.crt is there too


async def test_a_page_that_is_too_old_is_gone_with_a_way_on(cluster: Any) -> None:
    async with cluster(history=2) as api:
        await make(api, "a", "b", "c")
        token = (await api.get(f"{CONFIG_MAPS}?limit=1")).body["metadata"]["continue"]
        await make(api, *(f"n{index}" for index in range(8)))
        answer = await api.get(f"{CONFIG_MAPS}?limit=100&continue={token}")
        assert (answer.status, answer.body["reason"]) == (410, "Expired")
        rest = await api.get(f"{CONFIG_MAPS}?limit=100&continue={answer.body['metadata']['continue']}")
        assert len(rest.body["items"]) == 11


async def test_a_list_shows_the_exact_version_that_is_asked_for(cluster: Any) -> None:
    async with cluster() as api:
        version = await make(api, "a")
        await make(api, "b")
        await api.patch(f"{CONFIG_MAPS}/a", {"data": {"k": "v"}})
        items = (await api.get(f"{CONFIG_MAPS}?resourceVersion={version}&resourceVersionMatch=Exact")).body["items"]
        assert [(item["metadata"]["name"], item.get("data")) for item in items[:1]] == [("a", None)]
        assert "b" not in [item["metadata"]["name"] for item in items]


async def test_items_of_built_in_lists_carry_no_type(cluster: Any) -> None:
    async with cluster() as api:
        body = (await api.get("/api/v1/namespaces")).body
        assert body["kind"] == "NamespaceList"
        assert "kind" not in body["items"][0]


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("labelSelector=app=web", ["a"]),
        ("labelSelector=app!=web,app", ["b"]),
        ("labelSelector=app in (web,db)", ["a", "b"]),
        ("labelSelector=!app", ["kube-root-ca.crt"]),
        ("fieldSelector=metadata.name=b", ["b"]),
        ("fieldSelector=metadata.namespace=default,metadata.name!=kube-root-ca.crt", ["a", "b"]),
    ],
)
async def test_selectors_choose(cluster: Any, selector: str, names: list[str]) -> None:
    async with cluster() as api:
        await make(api, "a", app="web")
        await make(api, "b", app="db")
        body = (await api.get(f"{CONFIG_MAPS}?{selector}")).body
        assert [item["metadata"]["name"] for item in body["items"]] == names


async def test_pods_are_selected_by_their_own_fields(cluster: Any) -> None:
    async with cluster() as api:
        for name, node in (("a", "n1"), ("b", "n2")):
            spec = {"nodeName": node, "containers": [{"name": "c", "image": "x"}]}
            await api.post(PODS, {"metadata": {"name": name}, "spec": spec})
        body = (await api.get(f"{PODS}?fieldSelector=spec.nodeName=n2,status.phase=Pending")).body
        assert [item["metadata"]["name"] for item in body["items"]] == ["b"]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("labelSelector=a in b", 400),
        ("fieldSelector=data.x=1", 400),
        ("limit=abc", 400),
        ("limit=1&continue=abc", 400),
        ("resourceVersion=abc", 400),
        ("resourceVersion=999999", 504),
        ("resourceVersionMatch=Exact", 422),
    ],
)
async def test_bad_questions_are_refused(cluster: Any, query: str, status: int) -> None:
    async with cluster() as api:
        assert (await api.get(f"{CONFIG_MAPS}?{query}")).status == status


async def test_a_watch_resumes_where_a_list_ended(cluster: Any) -> None:
    async with cluster() as api:
        version = await make(api, "a")
        await make(api, "b")
        await api.patch(f"{CONFIG_MAPS}/a", {"data": {"k": "v"}})
        await api.delete(f"{CONFIG_MAPS}/b")
        events = await api.watched(f"{CONFIG_MAPS}?resourceVersion={version}", 3)
        seen = [(event["type"], event["object"]["metadata"]["name"]) for event in events]
        assert seen == [("ADDED", "b"), ("MODIFIED", "a"), ("DELETED", "b")]
        versions = [int(event["object"]["metadata"]["resourceVersion"]) for event in events]
        assert versions == sorted(versions)
        assert events[0]["object"]["kind"] == "ConfigMap"


async def test_a_watch_sees_what_comes(cluster: Any) -> None:
    async with cluster() as api:
        version = await make(api)
        watching = asyncio.create_task(api.watched(f"{CONFIG_MAPS}?resourceVersion={version}", 1))
        await asyncio.sleep(5)
        await make(api, "late")
        assert (await watching)[0]["object"]["metadata"]["name"] == "late"


async def test_an_object_enters_and_leaves_a_selector(cluster: Any) -> None:
    async with cluster() as api:
        version = await make(api, "a", w="x")
        await api.patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"w": "y"}}})
        await api.patch(f"{CONFIG_MAPS}/a", {"metadata": {"labels": {"w": "x"}}})
        events = await api.watched(f"{CONFIG_MAPS}?labelSelector=w=x&resourceVersion={version}", 2)
        assert [event["type"] for event in events] == ["DELETED", "ADDED"]
        left = events[0]["object"]["metadata"]
        assert left["labels"] == {"w": "x"}
        assert int(left["resourceVersion"]) == int(version) + 1


async def test_initial_events_end_with_a_bookmark(cluster: Any) -> None:
    async with cluster() as api:
        await make(api, "a", w="x")
        query = "labelSelector=w=x&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true"
        events = await api.watched(f"{CONFIG_MAPS}?{query}", 2)
        assert [event["type"] for event in events] == ["ADDED", "BOOKMARK"]
        assert events[1]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}


async def test_a_watch_ends_after_its_time_with_a_last_bookmark(cluster: Any) -> None:
    async with cluster() as api:
        version = await make(api, "a")
        loop = asyncio.get_running_loop()
        began = loop.time()
        query = f"resourceVersion={version}&allowWatchBookmarks=true&timeoutSeconds=150"
        events = await api.watched(f"{CONFIG_MAPS}?{query}", 100)
        assert [event["type"] for event in events] == ["BOOKMARK", "BOOKMARK", "BOOKMARK"]
        assert loop.time() - began == pytest.approx(150)


async def test_a_watch_from_too_long_ago_is_told_so(cluster: Any) -> None:
    async with cluster(history=2) as api:
        await make(api, *(f"n{index}" for index in range(8)))
        events = await api.watched(f"{CONFIG_MAPS}?resourceVersion=1", 5)
        assert [event["type"] for event in events] == ["ERROR"]
        assert (events[0]["object"]["code"], events[0]["object"]["reason"]) == (410, "Expired")


async def test_a_reader_that_falls_behind_is_told_so(cluster: Any) -> None:
    async with cluster(history=2) as api:
        version = await make(api)
        watching = asyncio.create_task(api.watched(f"{CONFIG_MAPS}?resourceVersion={version}", 100))
        await asyncio.sleep(1)
        writer = api.sandbox.api
        for index in range(9):  # without a pause, so that the watch cannot keep up
            await writer.handle(_creation(f"n{index}"))
        assert (await watching)[-1]["type"] == "ERROR"


def _creation(name: str) -> Any:
    from holdfast.ports.transport import Request

    return Request("POST", CONFIG_MAPS, (), {}, b'{"metadata":{"name":"%s"}}' % name.encode())


async def test_a_watch_of_an_unknown_resource_is_an_error(cluster: Any) -> None:
    async with cluster() as api:
        events = await api.watched("/api/v1/namespaces/default/nope", 1)
        assert events[0]["code"] == 404
