"""Asks any HTTP service that answers with JSON.

Source: Argo Rollouts, docs/analysis/web.md
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from holdfast.adapters.metrics import sign_in
from holdfast.adapters.metrics.http import Http, Request, checked
from holdfast.adapters.metrics.numbers import written
from holdfast.engine.lang import json_paths
from holdfast.engine.lang.json_paths import JsonPathError
from holdfast.model.metric_provider import WebMetric
from holdfast.ports.metrics import MetricError, Reading

SECONDS: Final = 10
METHODS: Final = ("GET", "POST", "PUT")
_ASKED: Final = "the web service"


async def measure(http: Http, wanted: WebMetric) -> Reading:
    """Raises MetricError."""
    request = question(wanted)
    signed = await sign_in.headers(http, wanted.authentication, insecure=wanted.insecure)
    answer = await http.ask(msgspec.structs.replace(request, headers=(*signed, *request.headers)))
    return reading(checked(answer, _ASKED), wanted.json_path)


def question(wanted: WebMetric) -> Request:
    """Raises MetricError for what makes no sense."""
    sign_in.check(wanted.authentication)
    if wanted.authentication.sigv4.region:
        raise MetricError("web.authentication.sigv4 is not there: only metrics of Prometheus are signed for AWS")
    method = (wanted.method or "GET").upper()
    if method not in METHODS:
        raise MetricError(f"web.method {wanted.method!r} is none of {', '.join(METHODS)}")
    has_json = wanted.json_body is not None
    if wanted.body and has_json:
        raise MetricError("web.body and web.jsonBody exclude each other; leave one of them out")
    if method == "GET" and (wanted.body or has_json):
        raise MetricError("web.body and web.jsonBody need a method that has a body, such as POST")
    headers = tuple((header.key, header.value) for header in wanted.headers)
    body = wanted.body.encode() if wanted.body else None
    if has_json:
        body = msgspec.json.encode(wanted.json_body)
        headers = (*headers, ("Content-Type", "application/json"))
    return Request(
        wanted.url,
        method=method,
        headers=headers,
        body=body,
        seconds=wanted.timeout_seconds if wanted.timeout_seconds > 0 else SECONDS,
        insecure=wanted.insecure,
    )


def reading(body: bytes, path: str) -> Reading:
    """The first value that the path leads to. Raises MetricError."""
    try:
        data: Any = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise MetricError(f"could not parse JSON body: {_ASKED} answers with something else") from error
    try:
        found = json_paths.found(path or "{$}", data)
    except JsonPathError as error:
        raise MetricError(f"could not find jsonPath in body: {error}") from error
    if not found:
        raise MetricError("result of web metric produced no value")
    return Reading(found[0], written(found[0]))
