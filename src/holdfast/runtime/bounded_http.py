"""Asks others over HTTP within bounds: of time, of what is read, of who is asked; cookies are not kept, and no redirect is
followed.

Who asks has words of its own for what fails, and decides itself whether to ask where a redirect leads: that is another
request, which is checked as the first one was.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from enum import Enum, auto
from types import TracebackType
from typing import Any, Final, Self

import aiohttp
from msgspec import Struct
from yarl import URL

from holdfast.model.web_addresses import host_in, led_to
from holdfast.runtime.addresses import GuardedResolver
from holdfast.runtime.bounded import read_within

_CHUNK: Final = 1 << 16
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})


class Request(Struct, frozen=True):
    """`seconds` bounds the answer and the reading of it. `tls` is as aiohttp takes it (see runtime.trust)."""

    url: str
    seconds: float
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    tls: ssl.SSLContext | bool = True
    proxy: str = ""


class Guard(Struct, frozen=True):
    """`refuses` says which names and numbers are not asked, `why` what is wrong with them."""

    refuses: Callable[[str], bool]
    why: str


class Why(Enum):
    """Why there is no answer. HANDSHAKE is TLS that fails for another reason than the certificate."""

    REFUSED = auto()
    LATE = auto()
    UNTRUSTED = auto()
    HANDSHAKE = auto()
    UNCONNECTED = auto()
    BROKEN = auto()


class Unanswered(Exception):
    """`kind` names the error, and `said` is what the operating system, the guard or the check of a certificate says of it,
    or "". Neither has an address in it, which may hold a secret."""

    def __init__(self, why: Why, host: str, kind: str = "", said: str = "") -> None:
        super().__init__(f"{host}: {said or kind or why.name}")
        self.why = why
        self.host = host
        self.kind = kind
        self.said = said


class Reply:
    """The beginning of an answer; names of `headers` are in small letters."""

    def __init__(self, response: aiohttp.ClientResponse, url: str) -> None:
        self.status = response.status
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        self._response = response
        self._url = url

    async def read(self, most_bytes: int) -> bytes | None:
        """The body, unpacked; None where it is more."""
        return await read_within(self._response.content.iter_chunked(_CHUNK), most_bytes)

    @property
    def leads_to(self) -> str | None:
        """The address of a redirect, which may be none; None where the answer is no redirect."""
        location = self.headers.get("location") if self.status in _REDIRECTS else None
        return None if location is None else led_to(self._url, location)


class BoundedHttp:
    """One session, made when it is first needed, since it belongs to the running loop. With a `guard` neither the address
    nor what its name leads to is one that is refused. `through_proxies` is whether those of the environment count."""

    def __init__(
        self, *, at_once: int = 100, at_once_per_host: int = 0, guard: Guard | None = None, through_proxies: bool = True
    ) -> None:
        self._at_once = at_once
        self._at_once_per_host = at_once_per_host
        self._guard = guard
        self._through_proxies = through_proxies
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @asynccontextmanager
    async def asked(self, request: Request) -> AsyncIterator[Reply]:
        """An answer of any status. Raises Unanswered, also for what fails while it is read."""
        host = host_in(request.url)
        options: dict[str, Any] = {"proxy": request.proxy} if request.proxy else {}
        try:
            async with self._opened().request(
                request.method,
                self._checked(request.url),
                headers=request.headers,
                data=request.body,
                allow_redirects=False,
                ssl=request.tls,
                timeout=aiohttp.ClientTimeout(total=request.seconds),
                **options,
            ) as response:
                yield Reply(response, request.url)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise _unanswered(host, error) from error

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _checked(self, url: str) -> URL:
        """The host is judged as it is connected to: a number in the digits of another script is one that no resolver sees."""
        try:
            found = URL(url)
        except ValueError as error:
            raise aiohttp.InvalidUrlClientError(url) from error
        if self._guard is not None and self._guard.refuses(found.raw_host or ""):
            raise Unanswered(Why.REFUSED, host_in(url), said=self._guard.why)
        return found

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            resolver = GuardedResolver(self._guard.refuses, self._guard.why) if self._guard is not None else None
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=resolver, limit=self._at_once, limit_per_host=self._at_once_per_host
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "holdfast"},
                trust_env=self._through_proxies,
            )
        return self._session


def _unanswered(host: str, error: Exception) -> Unanswered:
    kind = type(error).__name__
    match error:
        case TimeoutError():
            return Unanswered(Why.LATE, host, kind)
        case aiohttp.ClientConnectorCertificateError():
            said = str(getattr(error.certificate_error, "verify_message", "") or "")
            return Unanswered(Why.UNTRUSTED, host, kind, said)
        case aiohttp.ClientConnectorSSLError():
            return Unanswered(Why.HANDSHAKE, host, kind, error.os_error.strerror or "")
        case ssl.SSLError():
            return Unanswered(Why.HANDSHAKE, host, kind, error.reason or "")
        case aiohttp.ClientConnectorError():
            return Unanswered(Why.UNCONNECTED, host, kind, error.os_error.strerror or "")
        case _:
            return Unanswered(Why.BROKEN, host, kind)
