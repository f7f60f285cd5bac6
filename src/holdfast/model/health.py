"""How well an object or an application is."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Health(StrEnum):
    """Ordered from best to worst. Source: Argo CD, gitops-engine/pkg/health/health.go"""

    HEALTHY = "Healthy"
    SUSPENDED = "Suspended"
    PROGRESSING = "Progressing"
    MISSING = "Missing"
    DEGRADED = "Degraded"
    UNKNOWN = "Unknown"

    @property
    def rank(self) -> int:
        """0 is best."""
        return list(Health).index(self)

    def is_worse_than(self, other: Health) -> bool:
        return self.rank > other.rank


class HealthReport(Struct, frozen=True):
    status: Health
    message: str = ""
