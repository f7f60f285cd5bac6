"""Finds the provider that a metric names, and asks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

import msgspec

from holdfast.adapters.metrics import (
    cloud_watch,
    datadog,
    graphite,
    influxdb,
    kayenta,
    new_relic,
    prometheus,
    skywalking,
    wavefront,
    web,
)
from holdfast.adapters.metrics.credentials import Credentials
from holdfast.adapters.metrics.http import Http
from holdfast.model.analysis import Metric
from holdfast.ports.metrics import Finding, MetricError
from holdfast.runtime.aws.identity import AwsPlace

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class HttpMetricSources:
    """Those that are asked over HTTP. `prometheus_address` serves metrics that name none."""

    def __init__(self, credentials: Credentials, *, prometheus_address: str = "", aws: AwsPlace | None = None) -> None:
        self._http = Http()
        self._credentials = credentials
        self._prometheus_address = prometheus_address
        self._aws = aws or AwsPlace()

    async def measure(
        self, metric: Metric, *, namespace: str, now: datetime, under_way: Mapping[str, str] = _NOTHING
    ) -> Finding:
        http, credentials, provider = self._http, self._credentials, metric.provider
        if provider.prometheus is not None:
            default = self._prometheus_address
            return await prometheus.measure(http, provider.prometheus, self._aws, now=now, default_address=default)
        if provider.web is not None:
            return await web.measure(http, provider.web)
        if provider.graphite is not None:
            return await graphite.measure(http, provider.graphite)
        if provider.datadog is not None:
            return await datadog.measure(http, provider.datadog, credentials, namespace=namespace, now=now)
        if provider.new_relic is not None:
            return await new_relic.measure(http, provider.new_relic, credentials)
        if provider.influxdb is not None:
            return await influxdb.measure(http, provider.influxdb, credentials)
        if provider.wavefront is not None:
            return await wavefront.measure(http, provider.wavefront, credentials, now=now)
        if provider.cloud_watch is not None:
            return await cloud_watch.measure(http, provider.cloud_watch, self._aws, now=now)
        if provider.kayenta is not None:
            return await kayenta.measure(http, provider.kayenta, under_way)
        if provider.skywalking is not None:
            return await skywalking.measure(http, provider.skywalking, now=now)
        raise MetricError(_unknown(metric))

    async def close(self) -> None:
        await self._http.close()


def _unknown(metric: Metric) -> str:
    named = ", ".join(sorted(msgspec.to_builtins(metric.provider))) or "none"
    return (
        f"provider {named} of metric '{metric.name}' is not there; measure by prometheus or web, "
        "or by a job that asks it and fails when the answer is bad"
    )
