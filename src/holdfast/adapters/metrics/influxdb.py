"""Asks InfluxDB in Flux.

Source: https://docs.influxdata.com/influxdb/v2/api/ and the annotated CSV of its answers
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from holdfast.adapters.metrics.credentials import Credentials
from holdfast.adapters.metrics.http import Http, Request, checked
from holdfast.adapters.metrics.numbers import written
from holdfast.model.metric_provider import InfluxdbMetric
from holdfast.ports.metrics import MetricError, Reading

SECRET: Final = "influxdb"  # noqa: S105 - a name
KEYS: Final = ("address", "authToken", "org")
SECONDS: Final = 30
_ASKED: Final = "InfluxDB"
_DIALECT: Final = {"annotations": ["datatype", "group", "default"], "delimiter": ",", "header": True}


async def measure(http: Http, wanted: InfluxdbMetric, credentials: Credentials) -> Reading:
    """The list of the records' values. Raises MetricError."""
    secret = await credentials.of(wanted.profile or SECRET, *KEYS)
    url = f"{secret['address'].rstrip('/')}/api/v2/query?{urlencode({'org': secret['org']})}"
    body = {"query": wanted.query, "type": "flux", "dialect": _DIALECT}
    headers = (("Authorization", f"Token {secret['authToken']}"), ("Content-Type", "application/json"))
    answer = await http.ask(
        Request(url, method="POST", headers=headers, body=msgspec.json.encode(body), seconds=SECONDS)
    )
    try:
        values = list(_values(checked(answer, _ASKED).decode()))
    except (UnicodeDecodeError, ValueError, csv.Error) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error
    return Reading(values, written(values))


def _values(text: str) -> Iterator[Any]:
    """Each table begins with its annotations and the names of its columns; an empty line parts tables."""
    kinds: list[str] = []
    defaults: list[str] = []
    names: list[str] = []
    for row in csv.reader(text.splitlines()):
        if not row:
            kinds, defaults, names = [], [], []
        elif row[0].startswith("#"):
            kinds = row if row[0] == "#datatype" else kinds
            defaults = row if row[0] == "#default" else defaults
            names = []
        elif not names:
            names = row
        elif "error" in names and "_value" not in names:
            raise MetricError(f"{_ASKED}: {row[names.index('error')]}")
        elif "_value" in names:
            at = names.index("_value")
            said = row[at] or (defaults[at] if at < len(defaults) else "")
            yield _value(said, kinds[at] if at < len(kinds) else "string")


def _value(text: str, kind: str) -> Any:
    match kind:
        case "boolean":
            return text == "true"
        case "double":
            return float(text) if text else None
        case "long" | "unsignedLong":
            return int(text) if text else None
        case _:
            return text
