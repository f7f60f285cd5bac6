"""Reads fields of objects of others without trusting their shape: what is absent or of another type reads as empty."""

from __future__ import annotations

from typing import Any

from holdfast.model.health import Health, HealthReport
from holdfast.model.kube import KubeObject, metadata_of


def at(obj: KubeObject, *path: str) -> Any:
    """The value at the end of the path, or None."""
    value: Any = obj
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def table(obj: KubeObject, *path: str) -> dict[str, Any]:
    value = at(obj, *path)
    return value if isinstance(value, dict) else {}


def rows(obj: KubeObject, *path: str) -> list[dict[str, Any]]:
    value = at(obj, *path)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def text(obj: KubeObject, *path: str) -> str:
    value = at(obj, *path)
    return "" if value is None else str(value)


def count(obj: KubeObject, *path: str, default: int = 0) -> int:
    """A number, also one that is written as text."""
    value = at(obj, *path)
    if isinstance(value, bool):
        return default
    if isinstance(value, int | float):
        return int(value)
    return int(value) if isinstance(value, str) and value.isdecimal() else default


def condition(obj: KubeObject, kind: str) -> dict[str, Any]:
    """The condition of this type, empty when there is none."""
    return next((row for row in rows(obj, "status", "conditions") if row.get("type") == kind), {})


def is_observed(obj: KubeObject) -> bool:
    """Whether the controller has seen the present spec, as far as it tells."""
    observed = at(obj, "status", "observedGeneration")
    return observed is None or count(metadata_of(obj), "generation") <= count(obj, "status", "observedGeneration")


def healthy(message: str = "") -> HealthReport:
    return HealthReport(Health.HEALTHY, message)


def suspended(message: str = "") -> HealthReport:
    return HealthReport(Health.SUSPENDED, message)


def progressing(message: str = "") -> HealthReport:
    return HealthReport(Health.PROGRESSING, message)


def degraded(message: str = "") -> HealthReport:
    return HealthReport(Health.DEGRADED, message)


def unknown(message: str = "") -> HealthReport:
    return HealthReport(Health.UNKNOWN, message)
