"""Asks Apache SkyWalking in GraphQL; `$duration` in the query is the time that the metric looks back.

Source: https://skywalking.apache.org/docs/main/latest/en/api/query-protocol/
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.adapters.metrics.numbers import written
from holdfast.adapters.metrics.spans import span
from holdfast.model.metric_provider import SkyWalkingMetric
from holdfast.ports.metrics import MetricError, Reading

SECONDS: Final = 30.0
_ASKED: Final = "SkyWalking"
_MINUTE: Final = "%Y-%m-%d %H%M"


async def measure(http: Http, wanted: SkyWalkingMetric, *, now: datetime) -> Reading:
    """What the query finds, as a map. Raises MetricError."""
    length = span("skywalking.interval", wanted.interval)
    until = now.astimezone(UTC)
    duration = {"start": (until - length).strftime(_MINUTE), "end": until.strftime(_MINUTE), "step": "MINUTE"}
    body = msgspec.json.encode({"query": wanted.query, "variables": {"duration": duration}})
    headers = (("Content-Type", "application/json"),)
    url = f"{wanted.address.rstrip('/')}/graphql"
    answer = await http.ask(Request(url, method="POST", headers=headers, body=body, seconds=SECONDS))
    said = decoded(checked(answer, _ASKED), _ASKED)
    errors = said.get("errors") if isinstance(said, dict) else None
    if errors:
        first = errors[0] if isinstance(errors, list) else errors
        raise MetricError(f"{_ASKED}: {first.get('message') if isinstance(first, dict) else first}")
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, dict):
        raise MetricError(f"{_ASKED}: the answer has no data")
    return Reading(data, written(data))
