"""Instants as Kubernetes writes them, and durations as Go writes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from holdfast.engine.lang import durations


def stamp(now: datetime) -> str:
    """RFC 3339 in UTC, whole seconds."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse(text: str | None) -> datetime | None:
    """None for what is no instant."""
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def duration(text: str, default: timedelta) -> timedelta:
    """`1h30m`, `5s`, and a bare number of seconds; `default` for what cannot be read."""
    if text.isdigit():
        return timedelta(seconds=int(text))
    found = durations.parse(text)
    return default if found is None else found
