"""Keeps connections away from addresses that are refused, however they are written and whatever name leads to them."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver


class GuardedResolver(AbstractResolver):
    """Knows no refused address, so that a name cannot lead where its number would not be let. `why` says what it is."""

    def __init__(self, is_refused: Callable[[str], bool], why: str) -> None:
        self._inner = ThreadedResolver()
        self._is_refused = is_refused
        self._why = why

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        found = [one for one in await self._inner.resolve(host, port, family) if not self._is_refused(one["host"])]
        if not found:
            raise OSError(None, self._why)
        return found

    async def close(self) -> None:
        await self._inner.close()


def plain(host: str) -> str:
    """A host of a URL without brackets, zone and the dot at its end, in small letters."""
    return host.strip("[]").partition("%")[0].rstrip(".").lower()


def in_short(name: str) -> ipaddress.IPv4Address | None:
    """`2852039166`, `0xa9fea9fe` and `169.254.43518` are addresses, too. A C string ends where it likes: only what is
    written in digits alone is asked about."""
    if not name or not set(name) <= set("0123456789abcdefx."):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError:
        return None
