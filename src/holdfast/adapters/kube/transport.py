"""Requests to an API server over HTTP: kept connections, TLS, sign-in, limits, and errors of ours only."""

from __future__ import annotations

import hashlib
import ipaddress
import ssl
import urllib.request
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import yarl
from aiohttp.http_exceptions import HttpProcessingError

from holdfast.adapters.kube import answers
from holdfast.adapters.kube.connection import Connection, Credentials, tls_context
from holdfast.adapters.kube.pace import Pace
from holdfast.model.errors import Unavailable
from holdfast.ports.clock import Clock
from holdfast.ports.transport import Request, Response, Stream
from holdfast.runtime.backoff import Backoff
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.loop import retry_after

CONNECTIONS = 32
CONNECT_SECONDS = 10.0
# Between two pieces of a watch; the server ends the watch itself before that.
SILENCE_SECONDS = 330.0
KEEP_ALIVE_SECONDS = 60.0

LARGEST_BODY = 256 * 1024 * 1024
LONGEST_LINE = 8 * 1024 * 1024

RETRIES = 2
LONGEST_RETRY_PAUSE = timedelta(seconds=10)

PATH_SAFE = "/:@!$&'()*+,;=-._~"

# Everything that aiohttp raises; a test goes through its exception classes.
HTTP_ERRORS = (aiohttp.ClientError, HttpProcessingError, OSError, TimeoutError, ssl.CertificateError)


def translated(error: Exception, server: str) -> Unavailable:
    """One line that names the server; an error's own text holds neither headers nor credentials."""
    match error:
        case aiohttp.ClientConnectorCertificateError() | ssl.CertificateError() | aiohttp.ClientConnectorSSLError():
            reason, what = "CertificateNotTrusted", "its certificate is not trusted"
        case TimeoutError():
            reason, what = "Timeout", "no answer in time"
        case aiohttp.ClientProxyConnectionError() | aiohttp.ClientHttpProxyError():
            reason, what = "ProxyFailed", "the proxy cannot be used"
        case aiohttp.ClientConnectorError():
            reason, what = "ConnectionFailed", "cannot be reached"
        case _:
            reason, what = "ConnectionBroken", "the connection broke"
    text = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientResponseError | aiohttp.InvalidURL):
        text = type(error).__name__
    return Unavailable(f"{server}: {what}: {text}", status=0, reason=reason)


class AiohttpTransport:
    """Implements ports.transport.Transport. Sessions are made at the first request, on the running loop."""

    def __init__(self, connection: Connection, *, clock: Clock | None = None, random: Random | None = None) -> None:
        self.connection = connection
        self._clock = clock or SystemClock()
        self._backoff = Backoff(random or Random(), first=timedelta(milliseconds=200), cap=LONGEST_RETRY_PAUSE)  # noqa: S311 - jitter
        self._proxy = connection.proxy or _proxy_of_environment(connection.server)
        # Watches do not count: there is one for every kind, and they last.
        self._pace = Pace(self._clock, CONNECTIONS)
        self._session: aiohttp.ClientSession | None = None
        self._tls: tuple[bytes, ssl.SSLContext | bool] | None = None

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        attempt = 0
        while True:
            attempt += 1
            response = await self._signed_in(request, timeout)
            overloaded = response.status == 429 or response.status >= 500
            if request.method != "GET" or not overloaded or attempt > RETRIES:
                return response
            asked = _asked_pause(response) or timedelta(0)
            pause = max(min(asked, LONGEST_RETRY_PAUSE), self._backoff.delay(attempt))
            await self._clock.sleep(pause.total_seconds())

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        """Lines of up to 8 MiB."""
        limits = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS)
        try:
            response = await self._open(request, limits)
            if response.status == 401:
                response.release()
                self.connection.credentials.forget()
                response = await self._open(request, limits)
        except HTTP_ERRORS as error:
            raise translated(error, self.connection.shown_server) from None
        try:
            yield Stream(response.status, _headers_of(response), self._lines(response))
        finally:
            # What is left of a watch is of no use to anybody: the connection is not kept.
            response.close()

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _signed_in(self, request: Request, timeout: float) -> Response:
        response = await self._once(request, timeout)
        if response.status == 401:
            self.connection.credentials.forget()
            response = await self._once(request, timeout)
        return response

    async def _once(self, request: Request, timeout: float) -> Response:
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_SECONDS)
        try:
            async with self._pace.place() as began, await self._open(request, limits) as response:
                answer = Response(response.status, _headers_of(response), await self._whole_body(response))
        except HTTP_ERRORS as error:
            raise translated(error, self.connection.shown_server) from None
        if answer.status == 429:
            self._pace.refused(began, _asked_pause(answer))
        else:
            self._pace.answered()
        return answer

    async def _open(self, request: Request, limits: aiohttp.ClientTimeout) -> aiohttp.ClientResponse:
        credentials = await self.connection.credentials.current()
        # Pairs, as somebody who is impersonated may be in several groups.
        headers = [pair for pair in self.connection.headers if pair[0] not in request.headers]
        headers += request.headers.items()
        if credentials.authorization:
            headers.append(("authorization", credentials.authorization))
        options: dict[str, Any] = {}
        if self.connection.server.startswith("https:"):
            options["ssl"] = self._tls_for(credentials)
            if self.connection.tls_server_name:
                options["server_hostname"] = self.connection.tls_server_name
        return await self._live_session().request(
            request.method,
            url_of(self.connection.server, request),
            headers=headers,
            data=BytesIO(request.body) if request.body else None,
            proxy=self._proxy or None,
            timeout=limits,
            allow_redirects=False,
            **options,
        )

    def _live_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=True
            )
        return self._session

    def _tls_for(self, credentials: Credentials) -> ssl.SSLContext | bool:
        certificate = hashlib.sha256(credentials.client_certificate + credentials.client_key).digest()
        if self._tls is None or self._tls[0] != certificate:
            self._tls = (certificate, tls_context(self.connection, credentials))
        return self._tls[1]

    async def _whole_body(self, response: aiohttp.ClientResponse) -> bytes:
        body = bytearray()
        async for piece in response.content.iter_any():
            body += piece
            if len(body) > LARGEST_BODY:
                raise Unavailable(
                    f"{self.connection.shown_server}: an answer of more than {LARGEST_BODY} bytes",
                    status=0,
                    reason="AnswerTooLarge",
                )
        return bytes(body)

    async def _lines(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        rest = bytearray()
        try:
            async for piece in response.content.iter_any():
                searched = len(rest)
                rest += piece
                end = rest.find(b"\n", searched)
                begin = 0
                while end >= 0:
                    if end > begin:
                        yield bytes(rest[begin:end])
                    begin = end + 1
                    end = rest.find(b"\n", begin)
                del rest[:begin]
                if len(rest) > LONGEST_LINE:
                    raise Unavailable(
                        f"{self.connection.shown_server}: a line of more than {LONGEST_LINE} bytes in a watch",
                        status=0,
                        reason="AnswerTooLarge",
                    )
        except HTTP_ERRORS as error:
            raise translated(error, self.connection.shown_server) from None
        if rest:
            yield bytes(rest)


def url_of(server: str, request: Request) -> yarl.URL:
    """Names may hold characters that mean something in a URL: everything is encoded here, exactly once."""
    query = f"?{urlencode(request.query, quote_via=quote)}" if request.query else ""
    return yarl.URL(server + quote(request.path, safe=PATH_SAFE) + query, encoded=True)


def _asked_pause(answer: Response) -> timedelta | None:
    return retry_after(answers.error_from(answer.status, answer.headers, b""))


def _headers_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    """A header that came more than once, such as Warning, has all its values."""
    return {name.lower(): ", ".join(response.headers.getall(name)) for name in response.headers}


def _proxy_of_environment(server: str) -> str:
    """HTTPS_PROXY and NO_PROXY as other clients of the API take them: never for this machine itself."""
    parts = urlsplit(server)
    host = parts.hostname or ""
    if host == "localhost" or _is_loopback(host) or urllib.request.proxy_bypass(host):
        return ""
    proxy = urllib.request.getproxies_environment().get(parts.scheme, "")
    return proxy if proxy.startswith(("http://", "https://")) else ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
