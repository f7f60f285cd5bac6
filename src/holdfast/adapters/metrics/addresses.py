"""Keeps metrics away from the addresses at which a cloud tells a machine who it is, and gives it its credentials.

The address of a metric comes from an AnalysisTemplate, which anybody writes who may write in a namespace, while the
controller asks it from its own place in the network. Private addresses are what most metrics are for; link-local ones
are for none.
"""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, Final

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

from holdfast.engine.lang import hosts

_NAMES: Final = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
_METADATA: Final = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200")))


class GuardedResolver(AbstractResolver):
    """Knows no refused address, so that a name cannot lead where its number would not be let."""

    def __init__(self) -> None:
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        found = [one for one in await self._inner.resolve(host, port, family) if not is_refused(one["host"])]
        if not found:
            raise OSError(None, "it leads to a link-local address, which no metric may ask")
        return found

    async def close(self) -> None:
        await self._inner.close()


def is_refused(host: str) -> bool:
    """Of a name or a number, in every way of writing numbers that the operating system takes."""
    name = host.strip("[]").partition("%")[0].rstrip(".").lower()
    if name in _NAMES:
        return True
    address = hosts.address_of(name) or _short(name)
    return address is not None and (address.is_link_local or address in _METADATA)


def _short(name: str) -> ipaddress.IPv4Address | None:
    """`2852039166`, `0xa9fea9fe` and `169.254.43518` are addresses, too. A C string ends where it likes: only what is
    written in digits alone is asked about."""
    if not name or not set(name) <= set("0123456789abcdefx."):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(name))
    except OSError:
        return None
