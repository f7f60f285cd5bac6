"""Keeps what people of a namespace have set up away from this machine, its link and the metadata of its cloud.

Private addresses are let, as Argo Rollouts lets them: a Mattermost or an Alertmanager is usually inside.
"""

from __future__ import annotations

import socket
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from holdfast.engine.lang import hosts

REFUSED: Final = "is this machine, its link or a metadata service, which settings of a namespace may not name"


class GuardedResolver(AbstractResolver):
    """Knows no refused address, so that a name cannot lead where its number would not be let."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        found = [one for one in await self._inner.resolve(host, port, family) if not is_refused(one["host"])]
        if not found:
            raise OSError(None, f"it {REFUSED}")
        return found

    async def close(self) -> None:
        await self._inner.close()


def is_refused(host: str) -> bool:
    """Of a name or a number, in every way of writing numbers that the operating system takes."""
    name = host.strip("[]").partition("%")[0].rstrip(".").lower()
    return hosts.is_own(name) or hosts.is_own(_long(name))


def _long(name: str) -> str:
    """`2130706433`, `0x7f.1` and `127.1` are addresses, too; a C string ends where it likes: digits alone are asked about."""
    if not name or not set(name) <= set("0123456789abcdefx."):
        return name
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        return name
