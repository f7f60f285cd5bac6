"""Finds the provider that a metric names, and asks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

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
from holdfast.adapters.metrics.plugin import MetricPlugins
from holdfast.model.analysis import Metric
from holdfast.ports.metrics import Finding, MetricError
from holdfast.runtime.aws.identity import AwsPlace

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


class HttpMetricSources:
    """Those that are asked over HTTP, and programs. `prometheus_address` serves metrics that name none; without `plugins`
    there are no programs."""

    def __init__(
        self,
        credentials: Credentials,
        *,
        prometheus_address: str = "",
        aws: AwsPlace | None = None,
        plugins: MetricPlugins | None = None,
    ) -> None:
        self._http = Http()
        self._credentials = credentials
        self._prometheus_address = prometheus_address
        self._aws = aws or AwsPlace()
        self._plugins = plugins

    async def measure(
        self, metric: Metric, *, namespace: str, now: datetime, under_way: Mapping[str, str] = _NOTHING
    ) -> Finding:
        if not metric.provider.plugin:
            return await self._over_http(metric, namespace, now, under_way)
        if self._plugins is None:
            raise MetricError("metric plugins are not served: start Holdfast with --metric-plugins FOLDER")
        return await self._plugins.measure(metric, namespace=namespace, under_way=under_way)

    async def close(self) -> None:
        await self._http.close()

    async def _over_http(self, metric: Metric, namespace: str, now: datetime, under_way: Mapping[str, str]) -> Finding:
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
        raise MetricError(f"metric '{metric.name}' has no provider")
