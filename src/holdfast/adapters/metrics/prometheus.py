"""Asks a Prometheus, or what speaks like one (Thanos, Mimir, VictoriaMetrics).

Source: https://prometheus.io/docs/prometheus/latest/querying/api/
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import msgspec

from holdfast.adapters.metrics import amazon_prometheus, sign_in
from holdfast.adapters.metrics.http import Answer, Http, Request, checked, decoded
from holdfast.engine.lang import durations
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.evaluate import Expression
from holdfast.model.metric_provider import PrometheusMetric, PrometheusRangeQuery
from holdfast.ports.metrics import MetricError, Reading
from holdfast.runtime.aws.identity import AwsPlace

SECONDS: Final = 30
MOST_SAMPLES: Final = 100_000
_ASKED: Final = "Prometheus"


async def measure(
    http: Http, wanted: PrometheusMetric, place: AwsPlace, *, now: datetime, default_address: str = ""
) -> Reading:
    """Raises MetricError."""
    path, form = question(wanted, now)
    base = address(wanted, default_address)
    given = tuple((header.key, header.value) for header in wanted.headers)
    signed = await sign_in.headers(http, wanted.authentication, insecure=wanted.insecure)
    sign = await amazon_prometheus.signature(http, wanted.authentication.sigv4, base, place, now=now)
    answer = await _asked(http, wanted, f"{base}/api/v1/{path}", form, (*signed, *given), sign)
    if answer.status in (400, 422, 503):
        raise MetricError(f"{_ASKED}: {_fault(answer.body) or f'answers {answer.status}'}")
    return reading(decoded(checked(answer, _ASKED), _ASKED))


async def _asked(
    http: Http,
    wanted: PrometheusMetric,
    url: str,
    form: dict[str, str],
    headers: tuple[tuple[str, str], ...],
    sign: Callable[[Request], Request],
) -> Answer:
    """By POST, since queries are long; by GET where something in between takes no POST."""
    request = Request(
        url,
        method="POST",
        headers=(*headers, ("Content-Type", "application/x-www-form-urlencoded")),
        body=urlencode(form).encode(),
        seconds=wanted.timeout or SECONDS,
        insecure=wanted.insecure,
    )
    answer = await http.ask(sign(request))
    if answer.status not in (405, 501):
        return answer
    plain = f"{url}?{urlencode(form)}"
    return await http.ask(sign(msgspec.structs.replace(request, url=plain, method="GET", headers=headers, body=None)))


def address(wanted: PrometheusMetric, default: str = "") -> str:
    """Raises MetricError for one that is none, and for half a sign-in."""
    sign_in.check(wanted.authentication)
    found = (wanted.address or default).rstrip("/")
    try:
        parts = urlsplit(found)
    except ValueError as error:
        raise MetricError("prometheus.address is no URL") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise MetricError(
            f"prometheus.address {found[:200]!r} is no http or https URL; write one such as http://prometheus.example:9090"
        )
    return found


def question(wanted: PrometheusMetric, now: datetime) -> tuple[str, dict[str, str]]:
    """The end of the path, and the form. Raises MetricError."""
    if wanted.range_query is None:
        return "query", {"query": wanted.query, "time": f"{now.timestamp():.3f}"}
    return "query_range", {"query": wanted.query, **_range(wanted.range_query, now)}


def _range(wanted: PrometheusRangeQuery, now: datetime) -> dict[str, str]:
    step = durations.parse(wanted.step)
    if step is None or step <= timedelta(0):
        raise MetricError(f"failed to parse rangeQuery.step as duration: {wanted.step!r}")
    start, end = _instant("start", wanted.start, now), _instant("end", wanted.end, now)
    return {
        "start": f"{start.timestamp():.3f}",
        "end": f"{end.timestamp():.3f}",
        "step": f"{step.total_seconds():g}",
    }


def _instant(field: str, text: str, now: datetime) -> datetime:
    try:
        found = Expression(text, {"now": lambda: now}).evaluate({})
    except ExpressionError as error:
        raise MetricError(f"failed to parse rangeQuery.{field} as time: {error}") from error
    if not isinstance(found, datetime):
        raise MetricError(f"failed to parse rangeQuery.{field} as time: {text!r} is none, such as now() is")
    return found


def reading(said: Any) -> Reading:
    """What stands in the answer of the API. Raises MetricError."""
    data = said.get("data") if isinstance(said, dict) else None
    if not isinstance(data, dict) or said.get("status") != "success":
        raise MetricError(f"{_ASKED}: {_told(said) or 'the answer is none of its API'}")
    try:
        found = of_result(str(data.get("resultType")), data.get("result"))
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error
    warnings = [str(text) for text in said.get("warnings") or []]
    if not warnings:
        return found
    return Reading(found.result, found.value, {"warnings": ", ".join(f'"{text}"' for text in warnings)})


def of_result(kind: str, result: Any) -> Reading:
    """A scalar is a number, a vector and a matrix are lists of numbers. Raises MetricError and ValueError."""
    match kind:
        case "scalar":
            return Reading(float(result[1]), str(result[1]))
        case "vector":
            texts = [str(sample["value"][1]) for sample in result]
        case "matrix":
            texts = [str(value[1]) for series in result for value in series["values"]]
        case _:
            raise MetricError(f"Prometheus metric type not supported: {kind}")
    if len(texts) > MOST_SAMPLES:
        raise MetricError(f"{_ASKED} gives more than {MOST_SAMPLES:,} samples; ask for fewer")
    return Reading([float(text) for text in texts], f"[{','.join(texts)}]")


def _fault(body: bytes) -> str:
    try:
        return _told(decoded(body, _ASKED))
    except MetricError:
        return ""


def _told(said: Any) -> str:
    if not isinstance(said, dict):
        return ""
    return ": ".join(str(said[field]) for field in ("errorType", "error") if said.get(field))
