"""Which hosts lie inside a network or on the machine itself, and so must not be asked because a repository says so."""

from __future__ import annotations

import ipaddress
import unicodedata
from typing import Final, TypeAlias

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA: Final = frozenset({"168.63.129.16", "192.0.0.192"})
"""Addresses that look public and are those of a cloud's metadata service: Azure, Oracle."""

_UNSEEN: Final = frozenset({"Cf", "Mn"})
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")


def is_inside(host: str) -> bool:
    """`host` is a name or an address; a name says nothing about the address that it leads to."""
    address = address_of(host)
    if address is None:
        return _is_inside_name(host)
    return not address.is_global or address.is_multicast or str(address) in _METADATA


def is_own(host: str) -> bool:
    """Whether it is this machine, its link or a metadata service, which nobody has a reason to name."""
    address = address_of(host)
    if address is None:
        name = as_asked(host).rstrip(".").lower()
        return name == "localhost" or name.endswith(".localhost") or name.startswith("metadata.")
    own = address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast
    return own or str(address) in {*_METADATA, "100.100.100.200", "fd00:ec2::254", "fd20:ce::254"}


def _is_inside_name(host: str) -> bool:
    name = as_asked(host).rstrip(".").lower()
    return name == "localhost" or name.endswith((".localhost", ".internal"))


def as_asked(host: str) -> str:
    """As it stands when it is asked for: digits, letters and dots of other scripts become those of ASCII, and signs that
    nobody sees fall away.

    Source: https://www.unicode.org/reports/tr46/#IDNA_Mapping_Table
    """
    if host.isascii():
        return host
    seen = "".join(sign for sign in host if unicodedata.category(sign) not in _UNSEEN)
    return unicodedata.normalize("NFKC", seen).replace("\u3002", ".")


def address_of(host: str) -> Address | None:
    """The address that is really meant, where one of version 6 carries one of version 4."""
    try:
        address = ipaddress.ip_address(as_asked(host).strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    carried = address.ipv4_mapped or address.sixtofour
    if carried is None and (address in _NAT64 or (address in _COMPATIBLE and int(address) > 1)):
        carried = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return carried or address
