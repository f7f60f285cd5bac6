"""The HTTP transport against a small server on loopback, and its translation of every aiohttp error."""

from __future__ import annotations

import asyncio
import inspect
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
import yarl
from aiohttp import http_exceptions, web
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy

from holdfast.adapters.kube.connection import Connection, Credentials, FixedCredentials, tls_context
from holdfast.adapters.kube.transport import HTTP_ERRORS, LONGEST_LINE, AiohttpTransport, translated, url_of
from holdfast.model.errors import Blocked, Unavailable
from holdfast.ports.transport import Request

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler, **options: object) -> AsyncIterator[AiohttpTransport]:
    runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    transport = AiohttpTransport(Connection(server=f"http://127.0.0.1:{port}/prefix", **options))  # type: ignore[arg-type]
    try:
        yield transport
    finally:
        await transport.close()
        await runner.cleanup()


@pytest.mark.real_time
async def test_a_request_arrives_as_it_was_meant() -> None:
    seen: list[tuple[str, str, dict[str, str], bytes]] = []

    async def handler(request: web.BaseRequest) -> web.Response:
        seen.append((request.method, request.path, dict(request.query), await request.read()))
        assert request.headers["authorization"] == "Bearer t"
        assert request.headers["impersonate-user"] == "jane"
        return web.json_response({"ok": True}, headers={"X-Thing": "1"})

    credentials = FixedCredentials(Credentials("Bearer t"))
    async with serving(handler, credentials=credentials, headers=(("impersonate-user", "jane"),)) as transport:
        response = await transport.send(
            Request("PATCH", "/api/v1/x/system:node a%", (("labelSelector", "a in (b,c)&d=é+"),), {}, b"body")
        )
    assert seen == [("PATCH", "/prefix/api/v1/x/system:node a%", {"labelSelector": "a in (b,c)&d=é+"}, b"body")]
    assert (response.status, response.body, response.headers["x-thing"]) == (200, b'{"ok": true}', "1")


def test_a_url_is_encoded_once() -> None:
    url = url_of("https://h/k8s", Request("GET", "/api/a b%2F", (("q", "x/y z"),)))
    assert str(url) == "https://h/k8s/api/a%20b%252F?q=x%2Fy%20z"


@pytest.mark.real_time
@pytest.mark.parametrize(
    ("method", "statuses", "calls", "last"),
    [
        ("GET", [429, 503, 200], 3, 200),
        ("GET", [500, 500, 500, 200], 3, 500),
        ("GET", [404], 1, 404),
        ("POST", [429], 1, 429),
        ("POST", [503], 1, 503),
    ],
)
async def test_only_reads_are_retried_and_twice_at_most(
    method: str, statuses: list[int], calls: int, last: int
) -> None:
    answered = 0

    async def handler(request: web.BaseRequest) -> web.Response:
        nonlocal answered
        answered += 1
        return web.Response(status=statuses[answered - 1])

    async with serving(handler) as transport:
        response = await transport.send(Request(method, "/"))
    assert (answered, response.status) == (calls, last)


@pytest.mark.real_time
async def test_retry_after_is_honoured() -> None:
    times: list[float] = []

    async def handler(request: web.BaseRequest) -> web.Response:
        times.append(asyncio.get_running_loop().time())
        return web.Response(status=429, headers={"Retry-After": "1"}) if len(times) == 1 else web.Response()

    async with serving(handler) as transport:
        assert (await transport.send(Request("GET", "/"))).status == 200
    assert times[1] - times[0] >= 0.99


class TokensInTurn:
    """Other credentials each time the server refused the last."""

    def __init__(self) -> None:
        self.number = 1

    async def current(self) -> Credentials:
        return Credentials(f"Bearer {self.number}")

    def forget(self) -> None:
        self.number += 1


@pytest.mark.real_time
async def test_refused_credentials_are_refreshed_once() -> None:
    seen: list[str] = []

    async def handler(request: web.BaseRequest) -> web.Response:
        seen.append(request.headers["authorization"])
        good = request.headers["authorization"] == "Bearer 2" and request.path.endswith("/good")
        return web.Response(status=200 if good else 401, body=b"line\n")

    async with serving(handler, credentials=TokensInTurn()) as transport:
        assert (await transport.send(Request("POST", "/good"))).status == 200
        assert (await transport.send(Request("POST", "/bad"))).status == 401
    assert seen == ["Bearer 1", "Bearer 2", "Bearer 2", "Bearer 3"]
    async with (
        serving(handler, credentials=TokensInTurn()) as transport,
        transport.stream(Request("GET", "/good")) as stream,
    ):
        assert stream.status == 200
        assert [line async for line in stream.lines] == [b"line"]


@pytest.mark.real_time
async def test_a_redirect_is_an_answer_and_never_followed() -> None:
    async def handler(request: web.BaseRequest) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})

    async with serving(handler) as transport:
        assert (await transport.send(Request("GET", "/"))).status == 302


async def _stream(request: web.BaseRequest, *pieces: bytes) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    for piece in pieces:
        await response.write(piece)
        await asyncio.sleep(0.01)
    return response


@pytest.mark.real_time
async def test_lines_are_put_together_whatever_the_pieces() -> None:
    long = b"x" * 3_000_000

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return await _stream(request, b'{"a"', b':1}\n{"b":2}\n\n', long, b"\nlast")

    async with serving(handler) as transport, transport.stream(Request("GET", "/")) as stream:
        assert [line async for line in stream.lines] == [b'{"a":1}', b'{"b":2}', long, b"last"]


@pytest.mark.real_time
async def test_a_line_without_end_is_refused() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return await _stream(request, *[b"x" * 1_000_000] * (LONGEST_LINE // 1_000_000 + 1))

    async with serving(handler) as transport, transport.stream(Request("GET", "/")) as stream:
        with pytest.raises(Unavailable, match="a line of more than"):
            [line async for line in stream.lines]


@pytest.mark.real_time
async def test_a_connection_that_breaks_is_unavailable() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"partial\n")
        assert request.transport is not None
        request.transport.close()
        return response

    async with serving(handler) as transport:
        with pytest.raises(Unavailable) as raised:
            await transport.send(Request("GET", "/"))
        assert raised.value.status == 0
        async with transport.stream(Request("GET", "/")) as stream:
            with pytest.raises(Unavailable):
                [line async for line in stream.lines]


@pytest.mark.real_time
async def test_a_server_that_is_silent_is_unavailable_in_time() -> None:
    async def handler(request: web.BaseRequest) -> web.Response:
        await asyncio.sleep(10)
        return web.Response()

    async with serving(handler) as transport:
        with pytest.raises(Unavailable, match="no answer in time"):
            await transport.send(Request("GET", "/"), timeout=0.05)


@pytest.mark.real_time
async def test_nobody_listening_is_unavailable() -> None:
    transport = AiohttpTransport(Connection(server="http://127.0.0.1:1"))
    with pytest.raises(Unavailable, match=r"http://127\.0\.0\.1:1: cannot be reached"):
        await transport.send(Request("GET", "/"))
    with pytest.raises(Unavailable):
        async with transport.stream(Request("GET", "/")):
            pass
    await transport.close()


@pytest.mark.real_time
async def test_watches_take_no_place_from_requests() -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path.endswith("/watch"):
            response = await _stream(request, b"1\n")
            await asyncio.sleep(10)
            return response
        return web.Response()

    async with serving(handler) as transport, asyncio.timeout(10):
        opened = [transport.stream(Request("GET", "/watch")) for _ in range(50)]
        for each in opened:
            await each.__aenter__()
        assert (await transport.send(Request("GET", "/other"))).status == 200
        for each in opened:
            await each.__aexit__(None, None, None)


def aiohttp_errors() -> list[type[BaseException]]:
    found = [
        each
        for module in (aiohttp, aiohttp.client_exceptions, http_exceptions)
        for _, each in inspect.getmembers(module, inspect.isclass)
        if issubclass(each, Exception) and not issubclass(each, (Warning, web.HTTPException))
    ]
    # These belong to the server's side and to websockets and multipart bodies.
    elsewhere = {
        "EofStream",
        "WebSocketError",
        "BadContentDispositionHeader",
        "BadContentDispositionParam",
        "WSMessageTypeError",
    }
    return sorted({each for each in found if each.__name__ not in elsewhere}, key=lambda each: each.__name__)


KEY = ConnectionKey("server", 443, True, True, None, None, None)
REQUEST = aiohttp.RequestInfo(yarl.URL("https://server/?token=s3cret"), "GET", CIMultiDictProxy(CIMultiDict()))
ARGUMENTS: dict[type[BaseException], tuple[object, ...]] = {
    aiohttp.client_exceptions.UnixClientConnectorError: ("/socket", KEY, OSError(1, "refused")),
    aiohttp.ClientConnectorCertificateError: (KEY, ssl.CertificateError("bad")),
    aiohttp.ClientConnectorError: (KEY, OSError(1, "refused")),
    aiohttp.ClientResponseError: (REQUEST, ()),
    aiohttp.ServerFingerprintMismatch: (b"a", b"b", "server", 443),
    aiohttp.InvalidURL: ("https://jane:s3cret@server",),
    http_exceptions.LineTooLong: (b"line", 8000),
    http_exceptions.BadStatusLine: ("line",),
    http_exceptions.InvalidHeader: (b"header",),
    http_exceptions.InvalidURLError: ("text",),
    http_exceptions.BadHttpMessage: ("text",),
    http_exceptions.HttpProcessingError: (),
}


@pytest.mark.parametrize("error", aiohttp_errors(), ids=lambda error: error.__name__)
def test_no_exception_of_aiohttp_escapes(error: type[Exception]) -> None:
    assert issubclass(error, HTTP_ERRORS)
    arguments = next((given for each, given in ARGUMENTS.items() if issubclass(error, each)), ("text",))
    ours = translated(error(*arguments), "https://server")
    assert ours.status == 0
    assert ours.message.startswith("https://server: ")
    assert "s3cret" not in ours.message


@pytest.mark.parametrize(
    ("server", "shown"),
    [
        ("https://server", "https://server"),
        ("http://127.0.0.1:8080/token/s3cret", "http://127.0.0.1:8080/…"),
        ("https://jane:s3cret@server:6443/", "https://server:6443"),
    ],
)
def test_a_message_tells_nothing_that_lets_people_in(server: str, shown: str) -> None:
    assert Connection(server=server).shown_server == shown


@pytest.mark.real_time
async def test_a_server_that_is_gone_is_named_without_its_path() -> None:
    transport = AiohttpTransport(Connection(server="http://127.0.0.1:1/token/s3cret"))
    with pytest.raises(Unavailable, match=r"^http://127\.0\.0\.1:1/…: cannot be reached") as raised:
        await transport.send(Request("GET", "/api"))
    await transport.close()
    assert "s3cret" not in str(raised.value)


def test_a_certificate_that_cannot_be_used_is_a_persons_business(tmp_path: Path) -> None:
    with pytest.raises(Blocked, match="https://server: the certificate authority"):
        tls_context(Connection(server="https://server", ca_certificates=b"nonsense"), Credentials())
    with pytest.raises(Blocked):
        tls_context(Connection(server="https://server"), Credentials(client_certificate=b"x", client_key=b"y"))


def test_tls_is_checked_unless_it_is_said_to_be_insecure() -> None:
    assert tls_context(Connection(server="https://s"), Credentials()).verify_mode == ssl.CERT_REQUIRED
    assert tls_context(Connection(server="https://s", insecure=True), Credentials()).verify_mode == ssl.CERT_NONE
