"""Instants as Kubernetes writes them, and durations as Go writes them."""

from __future__ import annotations

from datetime import timedelta

from holdfast.engine.lang import durations
from holdfast.engine.lang.instants import parse, stamp

__all__ = ["duration", "parse", "stamp"]


def duration(text: str, default: timedelta) -> timedelta:
    """`1h30m`, `5s`, and a bare number of seconds; `default` for what cannot be read."""
    if text.isdigit():
        return timedelta(seconds=int(text))
    found = durations.parse(text)
    return default if found is None else found
