"""What is counted of the work on one object, for monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from holdfast.model.keys import NamespacedName

BOUNDS: Final = (0.01, 0.15, 0.25, 0.5, 1.0)
"""Seconds. Source: Argo Rollouts, docs/features/controller-metrics.md; the buckets that its dashboards are drawn with."""


class ObjectFigures(Struct, frozen=True):
    """Since the start of the process: `within` has how many runs took at most each of BOUNDS; `events` counts by type and
    reason."""

    runs: int = 0
    failures: int = 0
    seconds: float = 0.0
    within: tuple[int, ...] = (0,) * len(BOUNDS)
    events: Mapping[tuple[str, str], int] = {}

    def with_run(self, seconds: float, *, failed: bool) -> ObjectFigures:
        within = tuple(count + (seconds <= bound) for count, bound in zip(self.within, BOUNDS, strict=True))
        return ObjectFigures(self.runs + 1, self.failures + failed, self.seconds + seconds, within, self.events)

    def with_event(self, kind: str, reason: str) -> ObjectFigures:
        events = {**self.events, (kind, reason): self.events.get((kind, reason), 0) + 1}
        return ObjectFigures(self.runs, self.failures, self.seconds, self.within, events)


Figures = Mapping[NamespacedName, ObjectFigures]
