"""Answers of a metrics system by the mood of the pods that are measured, late and broken by a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from random import Random
from typing import Final

from holdfast.model.analysis import Metric
from holdfast.ports.clock import Clock
from holdfast.ports.metrics import Finding, MetricError, Reading
from holdfast.testing.rollout_plans import DOUBTFUL, SICK

VALUES: Final = {SICK: 0.9, DOUBTFUL: 0.3}
HEALTHY: Final = 0.01
BROKEN: Final = 0.1
LONGEST_ANSWER: Final = 6.0


class SimulatedMetrics:
    """Implements ports.metrics.MetricSources; `mood_of` gives the mood of the pods of a hash."""

    def __init__(
        self, mood_of: Callable[[str], str], *, random: Random, clock: Clock, strength: float, stops_at: float
    ) -> None:
        self._mood_of = mood_of
        self._random = random
        self._clock = clock
        self._strength = strength
        self._stops_at = stops_at

    async def measure(
        self, metric: Metric, *, namespace: str, now: datetime, under_way: Mapping[str, str] | None = None
    ) -> Finding:
        wanted = metric.provider.prometheus
        hash_ = wanted.query if wanted is not None else ""
        is_troubled = self._clock.monotonic() < self._stops_at
        if is_troubled and self._random.random() < BROKEN * self._strength:
            await self._clock.sleep(self._random.uniform(0.0, LONGEST_ANSWER))
            raise MetricError("http://metrics.example.com: the connection broke")
        value = VALUES.get(self._mood_of(hash_), HEALTHY)
        return Reading(result=value, value=str(value))
