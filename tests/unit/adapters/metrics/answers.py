"""Asks the metric sources, and serves what they are answered with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from aiohttp import web

from holdfast.adapters.metrics.credentials import Credentials
from holdfast.adapters.metrics.sources import HttpMetricSources
from holdfast.model.analysis import Metric
from holdfast.ports.metrics import MetricError, Reading
from holdfast.runtime.aws.identity import AwsPlace

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
CONTROL = "argo-rollouts"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Secrets = Mapping[tuple[str, str], Mapping[str, str]]


def credentials(secrets: Secrets) -> Credentials:
    """By namespace and name."""

    async def read(namespace: str, name: str) -> Mapping[str, str] | None:
        return secrets.get((namespace, name))

    return Credentials(read, (CONTROL, "argocd"))


def no_credentials() -> Credentials:
    return credentials({})


async def measured(
    provider: dict[str, Any],
    default: str = "",
    secrets: Secrets | None = None,
    environment: Mapping[str, str] | None = None,
) -> Reading:
    sources = HttpMetricSources(
        credentials(secrets or {}), prometheus_address=default, aws=AwsPlace.of(environment or {})
    )
    metric = msgspec.convert({"name": "errors", "provider": provider}, Metric)
    try:
        found = await sources.measure(metric, namespace="shop", now=NOW)
        assert isinstance(found, Reading)
        return found
    finally:
        await sources.close()


async def refused(
    provider: dict[str, Any], secrets: Secrets | None = None, environment: Mapping[str, str] | None = None
) -> str:
    with pytest.raises(MetricError) as error:
        await measured(provider, secrets=secrets, environment=environment)
    return str(error.value)


def says(body: Any, status: int = 200, seen: list[dict[str, Any]] | None = None) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        if seen is not None:
            text = await request.text()
            seen.append(
                {"method": request.method, "path": request.path_qs, "headers": dict(request.headers), "body": text}
            )
        content = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return web.Response(body=content, status=status)

    return answer
