"""Durations as Go writes them: `1h30m`, `90s`, `1.5h`."""

from __future__ import annotations

import re
from datetime import timedelta

_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|µs|ns|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
LONGEST = timedelta(days=366 * 100)


def of_seconds(seconds: int) -> timedelta:
    """No shorter than nothing, no longer than a century."""
    return timedelta(seconds=min(max(seconds, 0), int(LONGEST.total_seconds())))


def parse(text: str) -> timedelta | None:
    """None for what cannot be read. Beyond a century everything is as long."""
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in parts)
    return timedelta(seconds=seconds) if seconds < LONGEST.total_seconds() else LONGEST
