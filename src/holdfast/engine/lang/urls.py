"""Addresses that people write, who may write any."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urlsplit

_NONE: Final = SplitResult("", "", "", "", "")


def parts_of(url: str) -> SplitResult:
    """The parts as RFC 3986 has them, with a port that is a number; all empty for what is no address."""
    try:
        found = urlsplit(url)
        # What follows the colon is looked at only when it is asked for.
        _ = found.port
    except ValueError:
        return _NONE
    return found
