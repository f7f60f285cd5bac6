"""Messages as services on this machine get them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from msgspec import structs

from holdfast.adapters.notify import http
from holdfast.adapters.notify.addresses import is_refused
from holdfast.adapters.notify.notifier import ServiceNotifier
from holdfast.model.notification import Accepted, HttpMessage, HttpRequest, SignIn, Thread
from holdfast.ports.notifications import Undelivered
from tests.unit.adapters.local_http import certificate, serving

pytestmark = pytest.mark.real_time

Answers = Callable[[web.Request], web.StreamResponse]


class Recorder:
    """Remembers what it was asked, and answers as it was told to."""

    def __init__(self, *answers: web.Response) -> None:
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self._answers = list(answers)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.method, request.path_qs, dict(request.headers), await request.text()))
        return self._answers.pop(0) if self._answers else web.Response()

    @property
    def bodies(self) -> list[Any]:
        return [json.loads(body) for *_, body in self.asked]


@asynccontextmanager
async def notifying(
    handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    tls: ssl.SSLContext | None = None,
    seconds: float = http.SECONDS,
) -> AsyncIterator[tuple[ServiceNotifier, str]]:
    notifier = ServiceNotifier(seconds=seconds)
    try:
        async with serving(handler, tls) as address:
            yield notifier, address
    finally:
        await notifier.close()


def request(url: str, body: bytes = b'{"text":"hello"}', **more: Any) -> HttpRequest:
    return HttpRequest(url, headers=(("Authorization", "Bearer secret"),), body=body, **more)


async def failure(notifier: ServiceNotifier, message: HttpMessage, *, guarded: bool = False) -> Undelivered:
    with pytest.raises(Undelivered) as caught:
        await notifier.send(message, guarded=guarded)
    return caught.value


async def test_a_request_arrives_as_it_was_made() -> None:
    recorder = Recorder()
    async with notifying(recorder.answer) as (notifier, address):
        await notifier.send(HttpMessage((request(f"{address}/x?y=1", method="PUT"),)), guarded=False)

    ((method, path, headers, body),) = recorder.asked
    assert (method, path, body) == ("PUT", "/x?y=1", '{"text":"hello"}')
    assert headers["Authorization"] == "Bearer secret"
    assert headers["User-Agent"] == "holdfast"


@pytest.mark.parametrize(
    ("accepted", "answer", "said", "may_pass"),
    [
        (Accepted.BY_STATUS, web.Response(status=500, text="broken"), "127.0.0.1 answers 500: broken", True),
        (Accepted.BY_STATUS, web.Response(status=429), "127.0.0.1 answers 429", True),
        (Accepted.BY_STATUS, web.Response(status=403, text="no"), "127.0.0.1 answers 403: no", False),
        (
            Accepted.BY_STATUS,
            web.Response(status=307, headers={"Location": "http://169.254.169.254/"}),
            "127.0.0.1 answers 307, a redirect, which is not followed: name the new address",
            False,
        ),
        (Accepted.BY_ONE, web.Response(text="Summary is required"), "does not take it: Summary is required", False),
        (
            Accepted.BY_OK,
            web.json_response({"ok": False, "error": "no_channel"}),
            "does not take it: no_channel",
            False,
        ),
        (Accepted.BY_OK, web.json_response({"ok": False, "error": "ratelimited"}), "take it: ratelimited", True),
        (Accepted.BY_OK, web.Response(text="<html>"), "answers with no JSON", True),
    ],
)
async def test_a_refusal_is_told(accepted: Accepted, answer: web.Response, said: str, may_pass: bool) -> None:
    async with notifying(Recorder(answer).answer) as (notifier, address):
        error = await failure(notifier, HttpMessage((request(f"{address}/secret-path"),), accepted))

    assert said in error.message
    assert error.may_pass is may_pass
    assert "secret" not in error.message


async def test_one_of_several_is_enough() -> None:
    recorder = Recorder(web.Response(status=503), web.Response())
    async with notifying(recorder.answer) as (notifier, address):
        await notifier.send(HttpMessage((request(f"{address}/a"), request(f"{address}/b"))), guarded=False)
    assert [path for _, path, *_ in recorder.asked] == ["/a", "/b"]


async def test_who_signs_in_first_shows_what_was_given() -> None:
    recorder = Recorder(web.json_response({"data": {"token": "t", "id": "i"}}))
    async with notifying(recorder.answer) as (notifier, address):
        headers = (("X-Token", ("data", "token")), ("X-Id", ("data", "id")))
        sign_in = SignIn(request(f"{address}/login"), headers)
        await notifier.send(HttpMessage((request(f"{address}/post"),), sign_in=sign_in), guarded=False)

    assert [path for _, path, *_ in recorder.asked] == ["/login", "/post"]
    assert (recorder.asked[1][2]["X-Token"], recorder.asked[1][2]["X-Id"]) == ("t", "i")


async def test_messages_of_a_group_go_into_one_thread() -> None:
    begun = {"ok": True, "channel": "C1", "ts": "1.5"}
    recorder = Recorder(*(web.json_response(begun) for _ in range(5)))
    async with notifying(recorder.answer) as (notifier, address):
        body = b'{"channel":"releases","text":"hello","reply_broadcast":true}'
        post = HttpMessage((request(f"{address}/post", body),), Accepted.BY_OK, thread=Thread("releases", "web"))
        update = structs.replace(post, thread=Thread("releases", "web", f"{address}/update", posts=False))
        both = structs.replace(post, thread=Thread("releases", "web", f"{address}/update"))
        for message in (post, post, update, both):
            await notifier.send(message, guarded=False)

    first, reply, changed, again, posted = recorder.bodies
    assert first == {"channel": "releases", "text": "hello"}
    assert reply == {"channel": "C1", "text": "hello", "reply_broadcast": True, "thread_ts": "1.5"}
    assert changed == again == {"channel": "C1", "text": "hello", "ts": "1.5"}
    assert posted == reply
    assert [path for _, path, *_ in recorder.asked] == ["/post", "/post", "/update", "/update", "/post"]


async def test_the_settings_of_a_namespace_do_not_reach_this_machine() -> None:
    recorder = Recorder()
    async with notifying(recorder.answer) as (notifier, address):
        port = address.rpartition(":")[2]
        numbers = ("127.0.0.1", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0")
        in_other_scripts = ("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "\uff4cocalhost")
        for host in (*numbers, "localhost", *in_other_scripts):
            error = await failure(notifier, HttpMessage((request(f"http://{host}:{port}/"),)), guarded=True)
            assert "which settings of a namespace may not name" in error.message
            assert not error.may_pass
    assert recorder.asked == []


@pytest.mark.parametrize(
    ("host", "refused"),
    [
        ("169.254.169.254", True),
        ("169.254.43518", True),
        ("0xa9fea9fe", True),
        ("metadata.google.internal", True),
        ("[fe80::1%eth0]", True),
        ("fd00:ec2::254", True),
        ("10.0.0.1", False),
        ("hooks.example.com", False),
        ("dead.beef", False),
    ],
)
def test_which_hosts_are_refused(host: str, refused: bool) -> None:
    assert is_refused(host) is refused


async def test_a_large_message_is_not_sent_and_a_large_answer_is_not_read() -> None:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=500, body=b"x" * (http.MOST_ANSWERED * 4))

    async with notifying(answer) as (notifier, address):
        error = await failure(notifier, HttpMessage((request(address, b"x" * (http.MOST_SENT + 1)),)))
        assert error.message == "the message has 1,048,577 bytes, 1,048,576 are allowed"
        error = await failure(notifier, HttpMessage((request(address),)))
        assert len(error.message) < 400


async def test_who_does_not_answer_is_left() -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.sleep(30)
        return web.Response()

    async with notifying(never, seconds=0.3) as (notifier, address):
        error = await failure(notifier, HttpMessage((request(address),)))
    assert error.message == "no answer from 127.0.0.1 within 0.3 s"
    assert error.may_pass


async def test_nobody_there() -> None:
    notifier = ServiceNotifier()
    try:
        error = await failure(notifier, HttpMessage((request("http://127.0.0.1:1/x"),)))
    finally:
        await notifier.close()
    assert error.message.startswith("127.0.0.1 cannot be reached")
    assert error.may_pass


async def test_a_certificate_must_be_trusted_unless_any_is_taken(tmp_path: Path) -> None:
    recorder = Recorder()
    _, tls = certificate(tmp_path)
    async with notifying(recorder.answer, tls) as (notifier, address):
        error = await failure(notifier, HttpMessage((request(address),)))
        assert "is not trusted" in error.message
        assert not error.may_pass
        await notifier.send(HttpMessage((request(address, insecure=True),)), guarded=False)
    assert len(recorder.asked) == 1
