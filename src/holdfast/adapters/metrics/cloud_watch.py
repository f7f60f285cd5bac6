"""Asks Amazon CloudWatch for metric data.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import msgspec

from holdfast.adapters.metrics import aws
from holdfast.adapters.metrics.aws import signed
from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.adapters.metrics.numbers import written
from holdfast.adapters.metrics.spans import span
from holdfast.model.metric_provider import CloudWatchMetric, CloudWatchQuery, CloudWatchStat
from holdfast.ports.metrics import MetricError, Reading
from holdfast.runtime.aws.identity import AwsPlace

SECONDS: Final = 30.0
_ASKED: Final = "CloudWatch"
_HEADERS: Final = (
    ("Content-Type", "application/x-amz-json-1.0"),
    ("X-Amz-Target", "GraniteServiceVersion20100801.GetMetricData"),
)


async def measure(http: Http, wanted: CloudWatchMetric, place: AwsPlace, *, now: datetime) -> Reading:
    """The results, each with Id, Label, Values, Timestamps and StatusCode; shown are the values. Raises MetricError."""
    if not place.region:
        raise MetricError("the controller knows no AWS region: give it AWS_REGION in its environment")
    body = msgspec.json.encode(question(wanted, now))
    keys = await aws.keys(http, place, region=place.region, now=now)
    url = place.endpoint("CLOUDWATCH", "monitoring", place.region)
    request = Request(url, method="POST", headers=_HEADERS, body=body, seconds=SECONDS)
    answer = await http.ask(signed(request, keys, service="monitoring", region=place.region, now=now))
    return reading(decoded(checked(answer, _ASKED), _ASKED))


def question(wanted: CloudWatchMetric, now: datetime) -> dict[str, Any]:
    """Raises MetricError for what makes no sense."""
    length = span("cloudWatch.interval", wanted.interval)
    if not wanted.metric_data_queries:
        raise MetricError("cloudWatch.metricDataQueries is empty")
    return {
        "StartTime": int((now - length).timestamp()),
        "EndTime": int(now.timestamp()),
        "MetricDataQueries": [_query(query) for query in wanted.metric_data_queries],
    }


def _query(query: CloudWatchQuery) -> dict[str, Any]:
    said = {
        "Expression": query.expression,
        "Label": query.label,
        "Period": None if query.period is None else _seconds(query.period),
        "ReturnData": query.return_data,
        "MetricStat": None if query.metric_stat is None else _stat(query.metric_stat),
    }
    return {"Id": query.id, **{name: value for name, value in said.items() if value is not None}}


def _stat(stat: CloudWatchStat) -> dict[str, Any]:
    dimensions = [{"Name": one.name, "Value": one.value} for one in stat.metric.dimensions]
    metric = {"MetricName": stat.metric.metric_name, "Dimensions": dimensions}
    if stat.metric.namespace is not None:
        metric["Namespace"] = stat.metric.namespace
    found = {"Metric": metric, "Period": _seconds(stat.period), "Stat": stat.stat}
    return {**found, "Unit": stat.unit} if stat.unit else found


def _seconds(period: int | str) -> int:
    try:
        return int(period)
    except ValueError as error:
        raise MetricError(f"cloudWatch: the period {period!r} is no number of seconds") from error


def reading(said: Any) -> Reading:
    """Raises MetricError."""
    try:
        if said.get("NextToken"):
            raise MetricError(f"{_ASKED} has more values than fit into one answer; ask for a shorter interval")
        results = [
            {
                "Id": str(one["Id"]),
                "Label": str(one.get("Label", "")),
                "StatusCode": str(one.get("StatusCode", "")),
                "Timestamps": list(one.get("Timestamps") or []),
                "Values": [float(value) for value in one.get("Values") or []],
            }
            for one in said["MetricDataResults"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error
    return Reading(results, f"[{','.join(written(one['Values']) for one in results)}]")
