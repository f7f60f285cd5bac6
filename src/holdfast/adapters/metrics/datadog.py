"""Asks Datadog, by its first or second API.

Source: https://docs.datadoghq.com/api/latest/metrics/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from holdfast.adapters.metrics.credentials import Credentials
from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.adapters.metrics.numbers import written
from holdfast.adapters.metrics.spans import span
from holdfast.model.metric_provider import DatadogMetric
from holdfast.ports.metrics import MetricError, Reading

SECRET: Final = "datadog"  # noqa: S105 - a name
KEYS: Final = ("api-key", "app-key")
ADDRESS: Final = "https://api.datadoghq.com"
SECONDS: Final = timedelta(seconds=10)
NOTHING: Final = Reading(None, "[]")
_ASKED: Final = "Datadog"


async def measure(
    http: Http, wanted: DatadogMetric, credentials: Credentials, *, namespace: str, now: datetime
) -> Reading:
    """Nil where there is no data: `default(result, 0)` gives it a value. Raises MetricError."""
    queries = dict(wanted.queries) or ({"query": wanted.query} if wanted.query else {})
    if not queries:
        raise MetricError("datadog needs a query, or queries and a formula")
    secret = await _secret(wanted, credentials, namespace)
    address = (secret.get("address") or ADDRESS).rstrip("/")
    looked_at = (now - span("datadog.interval", wanted.interval), now)
    headers = (("DD-API-KEY", secret["api-key"]), ("DD-APPLICATION-KEY", secret["app-key"]))
    seconds = span("datadog.requestTimeout", wanted.request_timeout, SECONDS).total_seconds()
    if wanted.api_version == "v2":
        return _scalar(await _json(http, _second(wanted, queries, address, looked_at, headers, seconds)))
    if wanted.queries or wanted.formula or wanted.aggregator:
        raise MetricError("datadog.queries, formula and aggregator need apiVersion: v2")
    form = {"from": str(int(looked_at[0].timestamp())), "to": str(int(looked_at[1].timestamp())), "query": wanted.query}
    url = f"{address}/api/v1/query?{urlencode(form)}"
    return _last_point(await _json(http, Request(url, headers=headers, seconds=seconds)))


async def _secret(wanted: DatadogMetric, credentials: Credentials, namespace: str) -> Mapping[str, str]:
    named = wanted.secret_ref
    own = namespace if named is not None and named.namespaced else ""
    return await credentials.of(named.name if named is not None and named.name else SECRET, *KEYS, namespace=own)


def _second(
    wanted: DatadogMetric,
    queries: Mapping[str, str],
    address: str,
    looked_at: tuple[datetime, datetime],
    headers: tuple[tuple[str, str], ...],
    seconds: float,
) -> Request:
    if len(queries) > 1 and not wanted.formula:
        raise MetricError("several datadog.queries need a formula that puts them together")
    aggregator = wanted.aggregator or "last"
    attributes: dict[str, Any] = {
        "from": int(looked_at[0].timestamp()) * 1000,
        "to": int(looked_at[1].timestamp()) * 1000,
        "queries": [
            {"aggregator": aggregator, "data_source": "metrics", "name": name, "query": query}
            for name, query in queries.items()
        ],
        "formulas": [{"formula": wanted.formula}] if wanted.formula else [],
    }
    return Request(
        f"{address}/api/v2/query/scalar",
        method="POST",
        headers=(*headers, ("Content-Type", "application/json")),
        body=msgspec.json.encode({"data": {"type": "scalar_request", "attributes": attributes}}),
        seconds=seconds,
    )


async def _json(http: Http, request: Request) -> Any:
    answer = await http.ask(request)
    if answer.status in (401, 403):
        raise MetricError(f"{_ASKED} does not take the keys (it answers {answer.status}): see the Secret {SECRET}")
    return decoded(checked(answer, _ASKED), _ASKED)


def _last_point(said: Any) -> Reading:
    if not isinstance(said, dict) or said.get("status") not in (None, "ok"):
        raise MetricError(f"{_ASKED}: {said.get('error') if isinstance(said, dict) else 'the answer cannot be read'}")
    try:
        series = said["series"] or []
        points = series[0]["pointlist"] if series else []
        return _number(points[-1][1]) if points else NOTHING
    except (KeyError, IndexError, TypeError) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error


def _scalar(said: Any) -> Reading:
    if isinstance(said, dict) and said.get("errors"):
        raise MetricError(f"{_ASKED}: {said['errors']}")
    try:
        columns = said["data"]["attributes"]["columns"]
        numbers = [column for column in columns if column.get("type", "number") == "number"]
        values = numbers[0]["values"] if numbers else []
    except (KeyError, IndexError, TypeError) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error
    return _number(values[0]) if values else NOTHING


def _number(value: Any) -> Reading:
    if value is None:
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise MetricError(f"{_ASKED}: the answer holds no number")
    return Reading(float(value), written(float(value)))
