"""What an analysis needs of the systems that measure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from msgspec import Struct, field

from holdfast.engine.analysis.phases import Phase
from holdfast.model.analysis import Metric
from holdfast.model.errors import HoldfastError


class MetricError(HoldfastError):
    """No value came. The message names the host and the remedy, never a credential that we know of."""


class Reading(Struct, frozen=True):
    """`result` is what conditions are asked about, `value` how it is shown in status."""

    result: Any
    value: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class Judged(Struct, frozen=True):
    """The provider itself has passed the verdict: no condition is asked."""

    phase: Phase
    value: str
    message: str = ""


class UnderWay(Struct, frozen=True):
    """The provider takes its time: it is asked again with this metadata, which is kept in status meanwhile."""

    metadata: Mapping[str, str]
    again: timedelta


Finding: TypeAlias = Reading | Judged | UnderWay


class MetricSources(Protocol):
    async def measure(
        self, metric: Metric, *, namespace: str, now: datetime, under_way: Mapping[str, str] = ...
    ) -> Finding:
        """Asks the provider of the metric once, in bounded time. Raises MetricError.

        `under_way` is what a measurement that was begun before left behind.
        `namespace` is that of the run: Secrets that a provider names are looked for there.
        """
        ...
