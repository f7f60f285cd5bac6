"""Tokens that open a repository for a while: asked for over HTTP, and kept until shortly before they end."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from holdfast.engine.access.repository_urls import host_of, shown_url
from holdfast.model.errors import Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.runtime.bounded_http import BoundedHttp, Request, Unanswered

_SECONDS: Final = 20.0
_RENEWED_BEFORE: Final = timedelta(minutes=5)
_MAX_ANSWER: Final = 1024**2


class Token(Struct, frozen=True):
    token: str
    expires_at: datetime


class Tokens:
    """One for each key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[tuple[str, ...], Token] = {}

    async def of(self, key: tuple[str, ...], ask: Callable[[], Awaitable[Token]]) -> str:
        known = self._known.get(key)
        if known is None or known.expires_at - self._clock.now() < _RENEWED_BEFORE:
            known = self._known[key] = await ask()
        return known.token


async def answer(
    http: BoundedHttp,
    access: RepositoryAccess,
    method: str,
    url: str,
    *,
    headers: tuple[tuple[str, str], ...] = (),
    body: bytes | None = None,
    tls: ssl.SSLContext | bool = True,
) -> tuple[int, bytes]:
    """The status and the body, which is empty where it is too large, through the proxy of the repository. Raises Transient
    when nobody answers."""
    request = Request(url, _SECONDS, method, headers, body, tls, proxy=access.proxy_for(host_of(url)))
    try:
        async with http.asked(request) as reply:
            return reply.status, await reply.read(_MAX_ANSWER) or b""
    except Unanswered as error:
        message = f"repository {shown_url(access.url)}: {error.host} cannot be reached ({error.kind})"
        raise Transient("RepositoryUnreachable", message) from error
