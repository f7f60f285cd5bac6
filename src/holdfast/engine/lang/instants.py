"""Instants as Kubernetes writes them."""

from __future__ import annotations

from datetime import UTC, datetime


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


def seconds_since(text: str | None, now: datetime) -> float:
    """0 for what is no instant."""
    began = parse(text)
    return (now - began).total_seconds() if began is not None else 0.0
