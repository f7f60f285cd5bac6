"""How metrics are asked over HTTP, with a server on this machine."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiohttp import web

from holdfast.adapters.metrics import http
from tests.unit.adapters.local_http import serving
from tests.unit.adapters.metrics.answers import measured, refused, says

pytestmark = pytest.mark.real_time


def vector(*values: str) -> dict[str, Any]:
    result = [{"metric": {}, "value": [1767268800, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": result}}


async def test_prometheus_gives_a_list_of_numbers() -> None:
    seen: list[dict[str, Any]] = []
    async with serving(says(vector("0.95", "NaN", "+Inf"), seen=seen)) as url:
        headers = [{"key": "X-Scope-OrgID", "value": "shop"}]
        found = await measured({"prometheus": {"address": f"{url}/", "query": "up{a='b'}", "headers": headers}})
    assert found.value == "[0.95,NaN,+Inf]"
    assert found.result[0] == 0.95
    assert (seen[0]["path"], seen[0]["headers"]["X-Scope-OrgID"]) == ("/api/v1/query", "shop")
    assert seen[0]["body"] == "query=up%7Ba%3D%27b%27%7D&time=1767268800.000"


async def test_a_metric_that_names_no_prometheus_asks_the_one_of_the_controller() -> None:
    async with serving(says(vector("1"))) as url:
        assert (await measured({"prometheus": {"query": "up"}}, default=url)).value == "[1]"


async def test_prometheus_behind_something_that_takes_no_post_is_asked_by_get() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.Response(status=405)
        return web.json_response(vector(request.query["query"]))

    async with serving(answer) as url:
        assert (await measured({"prometheus": {"address": url, "query": "7"}})).value == "[7]"


async def test_what_prometheus_finds_wrong_is_told() -> None:
    said = {"status": "error", "errorType": "bad_data", "error": "unexpected end of input"}
    async with serving(says(said, status=400)) as url:
        message = await refused({"prometheus": {"address": url, "query": "up{"}})
    assert message == "Prometheus: bad_data: unexpected end of input"


async def test_a_range_is_asked_by_its_expressions() -> None:
    seen: list[dict[str, Any]] = []
    matrix = {"resultType": "matrix", "result": [{"values": [[1, "2"], [2, "3"]]}, {"values": [[1, "4"]]}]}
    wanted = {"start": 'now() - duration("1h")', "end": "now()", "step": "1m"}
    async with serving(says({"status": "success", "data": matrix}, seen=seen)) as url:
        found = await measured({"prometheus": {"address": url, "query": "up", "rangeQuery": wanted}})
    assert found.value == "[2,3,4]"
    assert seen[0]["body"] == "query=up&start=1767265200.000&end=1767268800.000&step=60"


async def test_oauth2_asks_for_a_token_first() -> None:
    async def answer(request: web.Request) -> web.Response:
        if request.path == "/token":
            form = await request.post()
            is_right = form["scope"] == "read write" and request.headers["Authorization"] == "Basic aWQ6c2VjcmV0"
            return web.json_response({"access_token": "t0ken"} if is_right else {}, status=200)
        return web.json_response({"ok": request.headers.get("Authorization") == "Bearer t0ken"})

    async with serving(answer) as url:
        oauth2 = {
            "tokenUrl": f"{url}/token",
            "clientId": "id",
            "clientSecret": "secret",
            "scopes": ["read", "write"],
        }
        provider = {"url": f"{url}/v", "jsonPath": "{$.ok}", "authentication": {"oauth2": oauth2}}
        assert (await measured({"web": provider})).result is True


async def test_basic_auth_is_sent() -> None:
    seen: list[dict[str, Any]] = []
    async with serving(says(vector("1"), seen=seen)) as url:
        sign_in = {"basicAuth": {"username": "me", "password": "pw"}}
        await measured({"prometheus": {"address": url, "query": "up", "authentication": sign_in}})
    assert seen[0]["headers"]["Authorization"] == "Basic bWU6cHc="


async def test_a_web_metric_sends_its_body_and_reads_by_its_path() -> None:
    seen: list[dict[str, Any]] = []
    body = {"data": {"items": [{"name": "a", "rate": 0.5}, {"name": "b", "rate": 2.0}]}}
    async with serving(says(body, seen=seen)) as url:
        found = await measured(
            {
                "web": {
                    "url": f"{url}/q?x=1",
                    "method": "POST",
                    "jsonBody": {"from": "5m"},
                    "headers": [{"key": "Api-Key", "value": "k"}],
                    "jsonPath": "{$.data.items[?(@.name=='b')].rate}",
                }
            }
        )
    assert (found.result, found.value) == (2.0, "2")
    assert (seen[0]["method"], seen[0]["path"], seen[0]["body"]) == ("POST", "/q?x=1", '{"from":"5m"}')
    assert (seen[0]["headers"]["Api-Key"], seen[0]["headers"]["Content-Type"]) == ("k", "application/json")


@pytest.mark.parametrize(
    ("body", "status", "path", "said"),
    [
        (b"<html>", 200, "", "could not parse JSON body"),
        ({"a": 1}, 200, "{$.b}", "b is not found"),
        ({"a": []}, 200, "{$.a[*]}", "produced no value"),
        ({"error": "broken"}, 500, "", 'answers 500: {"error":"broken"}'),
    ],
)
async def test_an_answer_without_a_value_is_an_error(body: Any, status: int, path: str, said: str) -> None:
    async with serving(says(body, status=status)) as url:
        assert said in await refused({"web": {"url": url, "jsonPath": path}})


async def test_a_redirect_to_the_same_place_is_followed_and_to_another_host_is_not() -> None:
    seen: list[dict[str, Any]] = []
    async with serving(says(1, seen=seen)) as other:

        async def answer(request: web.Request) -> web.Response:
            if request.path == "/here":
                raise web.HTTPFound("/there")
            if request.path == "/away":
                raise web.HTTPTemporaryRedirect(f"{other}/")
            return web.json_response(5)

        async with serving(answer) as url:
            assert (await measured({"web": {"url": f"{url}/here"}})).result == 5
            assert "redirects to 127.0.0.1, which is not asked" in await refused({"web": {"url": f"{url}/away"}})
    assert seen == []


async def test_redirects_without_end_are_given_up() -> None:
    async def answer(request: web.Request) -> web.Response:
        raise web.HTTPFound(request.path)

    async with serving(answer) as url:
        assert "redirects more than 5 times" in await refused({"web": {"url": url}})


async def test_the_time_is_for_the_answer_with_its_redirects() -> None:
    async def answer(request: web.Request) -> web.Response:
        await asyncio.sleep(0.4)
        raise web.HTTPFound(request.path)

    async with serving(answer) as url:
        assert await refused({"web": {"url": url, "timeoutSeconds": 1}}) == "no answer from 127.0.0.1 within 1 s"


async def test_an_answer_that_is_too_large_or_too_late_is_given_up() -> None:
    async def late(_: web.Request) -> web.Response:
        await asyncio.sleep(30)
        return web.Response()

    async with serving(late) as url:
        assert await refused({"web": {"url": url, "timeoutSeconds": 1}}) == "no answer from 127.0.0.1 within 1 s"
    async with serving(says(b" " * (http.MAX_ANSWER + 1))) as url:
        assert "bytes allowed" in await refused({"web": {"url": url}})


async def test_nothing_there_is_told_with_the_host_alone() -> None:
    message = await refused({"web": {"url": "http://127.0.0.1:1/?key=s3cret"}})
    assert message.startswith("127.0.0.1 cannot be reached")
    assert "s3cret" not in message


@pytest.mark.parametrize("url", ["ftp://a/b", "nothing", "http://", "file:///etc/passwd", "http://[::1"])
async def test_what_is_no_web_address_is_refused(url: str) -> None:
    assert await refused({"web": {"url": url}})


async def test_a_provider_that_is_not_there_says_what_to_do() -> None:
    message = await refused({"plugin": {"example/measure": {}}})
    assert "start Holdfast with --metric-plugins FOLDER" in message
    assert "metric 'errors' has no provider" in await refused({})
