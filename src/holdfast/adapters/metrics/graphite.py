"""Asks Graphite's render API.

Source: https://graphite.readthedocs.io/en/stable/render_api.html
"""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.adapters.metrics.numbers import written
from holdfast.model.metric_provider import GraphiteMetric
from holdfast.ports.metrics import MetricError, Reading

SECONDS: Final = 30
_ASKED: Final = "Graphite"


async def measure(http: Http, wanted: GraphiteMetric) -> Reading:
    """The values of the first series, without its gaps. Raises MetricError."""
    query = "".join(wanted.query.split())
    fields = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "format"]
    if not any(name == "target" for name, _ in fields):
        raise MetricError("graphite.query holds no target; write it as target=…&from=-5min")
    url = f"{wanted.address.rstrip('/')}/render?{urlencode([*fields, ('format', 'json')])}"
    answer = await http.ask(Request(url, seconds=SECONDS))
    return _reading(decoded(checked(answer, _ASKED), _ASKED))


def _reading(said: Any) -> Reading:
    try:
        points = said[0]["datapoints"] if said else []
        values = [float(value) for value, _ in points if value is not None]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error
    return Reading(values, written(values))
