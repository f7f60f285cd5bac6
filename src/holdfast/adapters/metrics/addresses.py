"""Keeps metrics away from the addresses at which a cloud tells a machine who it is, and gives it its credentials.

The address of a metric comes from an AnalysisTemplate, which anybody writes who may write in a namespace, while the
controller asks it from its own place in the network. Private addresses are what most metrics are for; link-local ones
are for none.
"""

from __future__ import annotations

import ipaddress
from typing import Final

from holdfast.engine.lang import hosts
from holdfast.runtime import addresses

REFUSED: Final = "it leads to a link-local address, which no metric may ask"
_NAMES: Final = frozenset({"metadata", "metadata.google.internal", "instance-data", "instance-data.ec2.internal"})
_METADATA: Final = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200")))


def is_refused(host: str) -> bool:
    """Of a name or a number, in every way of writing numbers that the operating system takes."""
    name = addresses.plain(hosts.as_asked(host))
    if name in _NAMES:
        return True
    address = hosts.address_of(name) or addresses.in_short(name)
    return address is not None and (address.is_link_local or address in _METADATA)
