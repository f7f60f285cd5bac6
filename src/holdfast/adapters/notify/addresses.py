"""Keeps what people of a namespace have set up away from this machine, its link and the metadata of its cloud.

Private addresses are let, as Argo Rollouts lets them: a Mattermost or an Alertmanager is usually inside.
"""

from __future__ import annotations

from typing import Final

from holdfast.engine.lang import hosts
from holdfast.runtime import addresses

REFUSED: Final = "is this machine, its link or a metadata service, which settings of a namespace may not name"


def is_refused(host: str) -> bool:
    """Of a name or a number, in every way of writing numbers that the operating system takes."""
    name = addresses.plain(hosts.as_asked(host))
    return hosts.is_own(name) or hosts.is_own(str(addresses.in_short(name) or name))
