"""Sends notifications by HTTP: bounded time and size, no redirects, and no word of an address beyond its host."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from msgspec import Struct

from holdfast.adapters.notify.addresses import REFUSED, is_refused
from holdfast.model.notification import HttpRequest
from holdfast.ports.notifications import Undelivered
from holdfast.runtime.addresses import GuardedResolver
from holdfast.runtime.bounded import read_within

SECONDS: Final = 10.0
MOST_SENT: Final = 1024**2
MOST_ANSWERED: Final = 256 * 1024
_CHUNK: Final = 1 << 14


class Answer(Struct, frozen=True):
    """`host` is who gave it."""

    host: str
    status: int
    body: bytes


class Http:
    """One session for what administrators have set up and one for what namespaces have, each made when first needed."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def ask(self, request: HttpRequest, *, guarded: bool) -> Answer:
        """An answer of any status is given back. Raises Undelivered."""
        host = urlsplit(request.url).hostname or ""
        if guarded and is_refused(host):
            raise Undelivered(f"{host} {REFUSED}", may_pass=False)
        if len(request.body) > MOST_SENT:
            raise Undelivered(f"the message has {len(request.body):,} bytes, {MOST_SENT:,} are allowed", may_pass=False)
        try:
            return await self._ask(request, host, guarded)
        except TimeoutError as error:
            raise Undelivered(f"no answer from {host} within {self._seconds:g} s", may_pass=True) from error
        except aiohttp.ClientConnectorCertificateError as error:
            message = f"the certificate of {host} is not trusted; `insecureSkipVerify: true` takes any"
            raise Undelivered(message, may_pass=False) from error
        except aiohttp.ClientConnectorError as error:
            why = error.os_error.strerror or "no connection"
            raise Undelivered(f"{host} cannot be reached ({why})", may_pass=REFUSED not in why) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Undelivered(f"{host} cannot be told ({type(error).__name__})", may_pass=True) from error

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()

    async def _ask(self, request: HttpRequest, host: str, guarded: bool) -> Answer:
        options: dict[str, Any] = {"ssl": False} if request.insecure else {}
        async with self._session(guarded).request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            **options,
        ) as response:
            body = await read_within(response.content.iter_chunked(_CHUNK), MOST_ANSWERED)
        return Answer(host, response.status, body or b"")

    def _session(self, guarded: bool) -> aiohttp.ClientSession:
        """A proxy would resolve names itself: what namespaces have set up goes past it."""
        session = self._sessions.get(guarded)
        if session is None or session.closed:
            resolver = GuardedResolver(is_refused, f"it {REFUSED}") if guarded else None
            session = self._sessions[guarded] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(resolver=resolver, limit=32, limit_per_host=8),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "holdfast"},
                trust_env=not guarded,
            )
        return session
