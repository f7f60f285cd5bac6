"""What an analysis needs of the systems that measure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct, field

from holdfast.model.analysis import Metric
from holdfast.model.errors import HoldfastError


class MetricError(HoldfastError):
    """No value came. The message names the host and the remedy, never a credential that we know of."""


class Reading(Struct, frozen=True):
    """`result` is what conditions are asked about, `value` how it is shown in status."""

    result: Any
    value: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class MetricSources(Protocol):
    async def measure(self, metric: Metric, *, namespace: str, now: datetime) -> Reading:
        """Asks the provider of the metric once, in bounded time. Raises MetricError.

        `namespace` is that of the run: Secrets that a provider names are looked for there.
        """
        ...
