"""What an http or https address says, where whoever wrote it is not trusted to write one."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin, urlsplit

_PORTS: Final = {"https": 443, "http": 80}


def is_web_address(url: str, longest: int) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0 and len(url) <= longest
    except ValueError:
        return False


def host_in(url: str) -> str:
    """In small letters and without brackets; "" where there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port; one that no address has where it is none."""
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return "", "", None


def led_to(url: str, said: str) -> str:
    """Where `said` leads from `url`; as it was said where that is no address."""
    try:
        return urljoin(url, said)
    except ValueError:
        return said
