"""Lengths of time as metrics write them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from holdfast.engine.lang import durations
from holdfast.ports.metrics import MetricError

INTERVAL: Final = timedelta(minutes=5)
"""So far a metric looks back that does not say how far."""


def span(field: str, text: str, default: timedelta = INTERVAL) -> timedelta:
    """`field` names it to whoever wrote it. Raises MetricError."""
    if not text:
        return default
    found = durations.parse(text)
    if found is None or found <= timedelta(0):
        raise MetricError(f"{field}: {text!r} is no duration; write one such as 5m")
    return found
