"""Opens the systems that analyses ask, with the Secrets of the controller's namespaces."""

from __future__ import annotations

import base64
import os
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from holdfast.adapters.metrics.credentials import Credentials
from holdfast.adapters.metrics.plugin import MetricPlugins
from holdfast.adapters.metrics.sources import HttpMetricSources
from holdfast.assembly.rollout_namespaces import NAMESPACES
from holdfast.model.resource_types import SECRET
from holdfast.ports.cluster import Reader
from holdfast.ports.metrics import MetricSources
from holdfast.runtime.aws.identity import AwsPlace


@asynccontextmanager
async def metric_sources(
    cluster: Reader, plugins: Path | None = None, *, namespaces: Sequence[str] = NAMESPACES
) -> AsyncIterator[MetricSources]:
    """`ARGO_ROLLOUTS_PROMETHEUS_ADDRESS` is the Prometheus of metrics that name none; `plugins` is the folder with
    programs that measure."""

    async def read(namespace: str, name: str) -> Mapping[str, str] | None:
        found = await cluster.get(SECRET, namespace, name)
        if found is None:
            return None
        return {
            key: base64.b64decode(value).decode("utf-8", "replace") for key, value in (found.get("data") or {}).items()
        }

    address = os.environ.get("ARGO_ROLLOUTS_PROMETHEUS_ADDRESS", "")
    sources = HttpMetricSources(
        Credentials(read, tuple(namespaces)),
        prometheus_address=address,
        aws=AwsPlace.of(os.environ),
        plugins=MetricPlugins(plugins) if plugins is not None else None,
    )
    try:
        yield sources
    finally:
        await sources.close()
