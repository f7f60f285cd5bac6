"""Watches: events, resumption, bookmarks, initial events, selectors, and versions that are gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from holdfast.model.errors import Gone
from tests.contract.objects import config_map, deployment, secret
from tests.contract.servers import Server

SECONDS = 10.0


async def following(events: AsyncIterator[dict[str, Any]], count: int) -> list[dict[str, Any]]:
    async with asyncio.timeout(SECONDS):
        return [await anext(events) for _ in range(count)]


def said(events: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(each["type"], each["object"]["metadata"].get("name", "")) for each in events]


async def version_of(server: Server, kind: dict[str, Any]) -> str:
    answer = await server.get({"apiVersion": kind["apiVersion"], "kind": kind["kind"]})
    version: str = answer.body["metadata"]["resourceVersion"]
    return version


async def test_each_change_is_an_event_with_the_object(server: Server) -> None:
    version = await version_of(server, secret(""))
    async with server.watch(secret(""), resourceVersion=version) as events:
        await server.created(secret("x"))
        await server.patch(secret("x"), {"metadata": {"labels": {"l": "1"}}})
        await server.delete(secret("x"))
        found = await following(events, 3)
    assert said(found) == [("ADDED", "x"), ("MODIFIED", "x"), ("DELETED", "x")]
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in found]
    assert versions == sorted(set(versions))
    server.same(found)


async def test_a_watch_goes_on_from_any_version_it_has_seen(server: Server) -> None:
    first = await server.created(secret("x"))
    await server.created(secret("y"))
    await server.delete(secret("x"))
    async with server.watch(secret(""), resourceVersion=first["metadata"]["resourceVersion"]) as events:
        assert said(await following(events, 2)) == [("ADDED", "y"), ("DELETED", "x")]


@pytest.mark.parametrize("version", ["", "0"])
async def test_without_a_version_it_begins_with_what_is_there(server: Server, version: str) -> None:
    await server.created(secret("x"))
    await server.created(secret("y"))
    await server.until(lambda: _sees(server, 2, version), "the cache has both")
    async with server.watch(secret(""), **({"resourceVersion": version} if version else {})) as events:
        assert said(await following(events, 2)) == [("ADDED", "x"), ("ADDED", "y")]
        await server.created(secret("z"))
        assert said(await following(events, 1)) == [("ADDED", "z")]


async def _sees(server: Server, count: int, version: str) -> bool:
    return len(await server.items(secret(""), **({"resourceVersion": version} if version else {}))) == count


async def test_initial_events_end_with_a_marked_bookmark(server: Server) -> None:
    await server.created(secret("x"))
    query = {
        "sendInitialEvents": "true",
        "allowWatchBookmarks": "true",
        "resourceVersionMatch": "NotOlderThan",
    }
    async with server.watch(secret(""), **query) as events:
        server.same(await following(events, 2))


async def test_initial_events_need_their_companions(server: Server) -> None:
    for query in ({"sendInitialEvents": "true"}, {"sendInitialEvents": "true", "allowWatchBookmarks": "true"}):
        server.matches(await server.get(secret(""), watch="true", **query))


async def test_a_bookmark_comes_before_the_end(server: Server) -> None:
    version = await version_of(server, secret(""))
    query = {"resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": "5", "labelSelector": "none"}
    async with server.watch(secret(""), **query) as events:
        await server.created(secret("x"))
        found = [event async for event in events]
    assert found[-1]["type"] == "BOOKMARK"
    server.same(found[-1])
    assert int(found[-1]["object"]["metadata"]["resourceVersion"]) >= int(version)


async def test_a_watch_ends_when_its_time_is_up(server: Server) -> None:
    version = await version_of(server, secret(""))
    async with server.watch(secret(""), resourceVersion=version, timeoutSeconds="1") as events:
        assert [event async for event in events] == []


async def test_what_leaves_a_selector_is_deleted_and_what_comes_back_is_added(server: Server) -> None:
    version = await version_of(server, secret(""))
    async with server.watch(secret(""), resourceVersion=version, labelSelector="l=1") as events:
        await server.created(secret("x", labels={"l": "1"}))
        left = await server.patch(secret("x"), {"metadata": {"labels": {"l": "2"}}})
        await server.patch(secret("x"), {"metadata": {"labels": {"l": "1"}}})
        await server.delete(secret("x"))
        found = await following(events, 4)
    assert said(found) == [("ADDED", "x"), ("DELETED", "x"), ("ADDED", "x"), ("DELETED", "x")]
    assert found[1]["object"]["metadata"]["labels"] == {"l": "1"}
    assert found[1]["object"]["metadata"]["resourceVersion"] == left.body["metadata"]["resourceVersion"]


async def test_a_watch_of_one_object(server: Server) -> None:
    version = await version_of(server, secret(""))
    async with server.watch(secret(""), resourceVersion=version, fieldSelector="metadata.name=y") as events:
        await server.created(secret("x"))
        await server.created(secret("y"))
        assert said(await following(events, 1)) == [("ADDED", "y")]


async def test_a_write_that_changes_nothing_is_no_event(server: Server) -> None:
    await server.applied(config_map("x", a="1"), "a")
    version = await version_of(server, config_map(""))
    query = {"resourceVersion": version, "labelSelector": "!none", "fieldSelector": "metadata.name=x"}
    async with server.watch(config_map(""), **query) as events:
        await server.applied(config_map("x", a="1"), "a")
        await server.patch(config_map("x"), {"data": {"a": "1"}})
        await server.patch(config_map("x"), {"data": {"a": "2"}})
        found = await following(events, 1)
    assert found[0]["object"]["data"] == {"a": "2"}


async def test_the_end_of_a_dying_object_is_told_with_a_newer_version(server: Server) -> None:
    await server.created(secret("x", finalizers=["example.com/f"]))
    dying = (await server.delete(secret("x"))).body
    async with server.watch(secret(""), resourceVersion=dying["metadata"]["resourceVersion"]) as events:
        await server.patch(secret("x"), {"metadata": {"finalizers": None}})
        found = await following(events, 1)
    assert said(found) == [("DELETED", "x")]
    assert int(found[0]["object"]["metadata"]["resourceVersion"]) > int(dying["metadata"]["resourceVersion"])
    server.same(found)


async def test_a_version_that_is_gone_ends_the_watch(forgetful_server: Server) -> None:
    server = forgetful_server
    first = await server.created(secret("x"))
    await server.forget()
    query = {"resourceVersion": first["metadata"]["resourceVersion"], "allowWatchBookmarks": "true"}
    async with server.watch(secret(""), **query) as events:
        found = [event async for event in events]
    assert [(each["type"], each["object"]["code"], each["object"]["reason"]) for each in found] == [
        ("ERROR", 410, "Expired")
    ]


async def test_the_client_says_gone(forgetful_server: Server) -> None:
    server = forgetful_server
    first = await server.created(secret("x"))
    await server.forget()
    kinds = await server.client.discover()
    served = next(each for each in kinds.types if each.kind == "Secret")
    version = first["metadata"]["resourceVersion"]
    with pytest.raises(Gone):
        async for _ in server.client.watch(served, resource_version=version, namespace=server.namespace):
            pass


async def test_a_version_that_is_no_number(server: Server) -> None:
    server.matches(await server.get(secret(""), watch="true", resourceVersion="abc"))


async def test_a_version_of_the_future_waits(server: Server) -> None:
    query = {"resourceVersion": "99999999", "timeoutSeconds": "1"}
    async with server.watch(deployment(""), **query) as events:
        assert [event async for event in events] == []
