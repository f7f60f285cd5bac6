"""What holds for whoever is asked over HTTP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import web

from holdfast.runtime.bounded_http import BoundedHttp, Guard, Request, Unanswered, Why
from tests.unit.adapters.local_http import certificate, serving

pytestmark = pytest.mark.real_time

NOT_THIS_MACHINE = Guard(lambda host: host == "127.0.0.1", "it is this machine")


class Recorder:
    """Remembers the headers of each request, and sets a cookie."""

    def __init__(self, status: int = 200, **headers: str) -> None:
        self.asked: list[dict[str, str]] = []
        self._status = status
        self._headers = {"Set-Cookie": "who=you", **headers}

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(dict(request.headers))
        return web.Response(status=self._status, headers=self._headers, body=b"x" * 100)


async def failure(request: Request, guard: Guard | None = None) -> Unanswered:
    async with BoundedHttp(guard=guard) as http:
        with pytest.raises(Unanswered) as caught:
            async with http.asked(request) as reply:
                await reply.read(1024)
    return caught.value


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize(("most", "read"), [(100, b"x" * 100), (99, None)])
async def test_a_body_is_read_within_its_limit(most: int, read: bytes | None) -> None:
    async with serving(Recorder().answer) as url, BoundedHttp() as http, http.asked(Request(url, 5)) as reply:
        assert (reply.status, await reply.read(most)) == (200, read)


@pytest.mark.parametrize(
    ("status", "location", "leads_to"),
    [
        (302, "/there", "{}/there"),
        (307, "http://other.example/", "http://other.example/"),
        (308, "http://[bad", "http://[bad"),
        (300, "/there", None),
        (200, "/there", None),
    ],
)
async def test_a_redirect_is_told_and_not_followed(status: int, location: str, leads_to: str | None) -> None:
    recorder = Recorder(status, Location=location)
    async with (
        serving(recorder.answer) as url,
        BoundedHttp() as http,
        http.asked(Request(f"{url}/here", 5)) as reply,
    ):
        assert (reply.status, reply.leads_to) == (status, leads_to and leads_to.format(url))
    assert len(recorder.asked) == 1


async def test_cookies_are_not_kept_and_every_request_has_its_own_headers() -> None:
    recorder = Recorder()
    async with serving(recorder.answer) as url, BoundedHttp() as http:
        for headers in ((("Authorization", "secret"),), ()):
            async with http.asked(Request(url, 5, headers=headers)) as reply:
                await reply.read(1024)
    assert [(one.get("Cookie"), one.get("Authorization"), one["User-Agent"]) for one in recorder.asked] == [
        (None, "secret", "holdfast"),
        (None, None, "holdfast"),
    ]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\u2460\u2461\u2466.0.0.1"]
)
async def test_a_number_that_is_refused_is_not_asked_in_the_signs_of_any_script(host: str) -> None:
    recorder = Recorder()
    async with serving(recorder.answer) as url:
        error = await failure(Request(url.replace("127.0.0.1", host), 5), NOT_THIS_MACHINE)
    assert (error.why, error.said, recorder.asked) == (Why.REFUSED, "it is this machine", [])


async def test_a_name_that_leads_to_what_is_refused_is_not_asked() -> None:
    recorder = Recorder()
    async with serving(recorder.answer) as url:
        error = await failure(Request(url.replace("127.0.0.1", "0x7f.1"), 5), NOT_THIS_MACHINE)
    assert (error.why, error.said, recorder.asked) == (Why.UNCONNECTED, "it is this machine", [])


async def test_the_time_counts_for_the_body_too() -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await asyncio.Event().wait()
        return response

    async with serving(endless) as url:
        assert (await failure(Request(url, 0.3))).why is Why.LATE


async def test_who_cannot_be_proven_is_not_trusted_unless_that_is_asked_for(tmp_path: Path) -> None:
    _, tls = certificate(tmp_path)
    async with serving(Recorder().answer, tls) as url, BoundedHttp() as http:
        error = await failure(Request(url, 5))
        assert (error.why, "self-signed" in error.said) == (Why.UNTRUSTED, True)
        async with http.asked(Request(url, 5, tls=False)) as reply:
            assert reply.status == 200


async def test_tls_that_is_none_is_told_apart() -> None:
    async with serving(Recorder().answer) as url:
        assert (await failure(Request(url.replace("http:", "https:"), 5))).why is Why.HANDSHAKE


async def test_no_failure_shows_what_stands_in_the_address(closed_port: int) -> None:
    urls = {
        f"http://me:hidden@127.0.0.1:{closed_port}/hidden?key=hidden": Why.UNCONNECTED,
        "http://127.0.0.1:99999/hidden": Why.BROKEN,
        "http://[hidden": Why.BROKEN,
        "ftp://127.0.0.1/hidden": Why.BROKEN,
    }
    for url, why in urls.items():
        error = await failure(Request(url, 5, headers=(("Api-Key", "hidden"),)))
        assert error.why is why
        assert "hidden" not in f"{error} {error.host} {error.kind} {error.said}"
