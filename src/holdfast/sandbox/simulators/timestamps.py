"""Times and durations as Kubernetes writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def written(moment: datetime) -> str:
    """Whole seconds only, as the API server keeps them."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(text: object) -> datetime | None:
    """None for what is no time."""
    if not isinstance(text, str) or not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def duration(text: object) -> timedelta | None:
    """`90s`, `1h30m`; None for what is no duration."""
    if not isinstance(text, str) or not re.fullmatch(r"(\d+(\.\d+)?(ms|h|m|s))+", text):
        return None
    parts = re.findall(r"(\d+(?:\.\d+)?)(ms|h|m|s)", text)
    return timedelta(seconds=sum(float(number) * UNITS[unit] for number, unit in parts))


def seconds_since(text: object, now: datetime) -> float:
    """0 for what is no time."""
    moment = read(text)
    return (now - moment).total_seconds() if moment else 0.0
