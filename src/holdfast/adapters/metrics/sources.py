"""Finds the provider that a metric names, and asks it."""

from __future__ import annotations

from datetime import datetime

import msgspec

from holdfast.adapters.metrics import prometheus, web
from holdfast.adapters.metrics.http import Http
from holdfast.model.analysis import Metric
from holdfast.model.metric_provider import MetricProvider
from holdfast.ports.metrics import MetricError, Reading


class HttpMetricSources:
    """Those that are asked over HTTP. `prometheus_address` serves metrics that name none."""

    def __init__(self, *, prometheus_address: str = "") -> None:
        self._http = Http()
        self._prometheus_address = prometheus_address

    async def measure(self, metric: Metric, *, namespace: str, now: datetime) -> Reading:
        match metric.provider:
            case MetricProvider(prometheus=wanted) if wanted is not None:
                return await prometheus.measure(self._http, wanted, now=now, default_address=self._prometheus_address)
            case MetricProvider(web=asked) if asked is not None:
                return await web.measure(self._http, asked)
            case _:
                raise MetricError(_unknown(metric))

    async def close(self) -> None:
        await self._http.close()


def _unknown(metric: Metric) -> str:
    named = ", ".join(sorted(msgspec.to_builtins(metric.provider))) or "none"
    return (
        f"provider {named} of metric '{metric.name}' is not there; measure by prometheus or web, "
        "or by a job that asks it and fails when the answer is bad"
    )
