"""Tokens that open a repository for a while: asked for over HTTP, and kept until shortly before they end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp
from msgspec import Struct

from holdfast.engine.access.repository_urls import host_of, shown_url
from holdfast.model.errors import Transient
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock

TIMEOUT: Final = aiohttp.ClientTimeout(total=20.0)
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
    session: aiohttp.ClientSession, access: RepositoryAccess, method: str, url: str, **options: Any
) -> tuple[int, bytes]:
    """The status and the body, through the proxy of the repository. Raises Transient when nobody answers."""
    if proxy := access.proxy_for(host_of(url)):
        options["proxy"] = proxy
    try:
        async with session.request(method, url, allow_redirects=False, **options) as response:
            return response.status, await response.content.read(_MAX_ANSWER)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        host = urlsplit(url).hostname
        message = f"repository {shown_url(access.url)}: {host} cannot be reached ({type(error).__name__})"
        raise Transient("RepositoryUnreachable", message) from error
