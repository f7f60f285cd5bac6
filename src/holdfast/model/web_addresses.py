"""What an address says, where whoever wrote it is not trusted to write one."""

from __future__ import annotations

from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

_PORTS: Final = {"https": 443, "http": 80}
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


def is_web_address(url: str, longest: int) -> bool:
    """Of http or https."""
    parts = parts_of(url)
    return parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0 and len(url) <= longest


def host_in(url: str) -> str:
    """In small letters and without brackets, also before a port that is none; "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; one that no address has where it is none."""
    parts = parts_of(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


def led_to(url: str, said: str) -> str:
    """Where `said` leads from `url`; as it was said where that is no address."""
    try:
        return urljoin(url, said)
    except ValueError:
        return said
