"""Asks Wavefront's chart API.

Source: https://docs.wavefront.com/wavefront_api.html
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

from holdfast.adapters.metrics.credentials import Credentials
from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.adapters.metrics.numbers import written
from holdfast.model.metric_provider import WavefrontMetric
from holdfast.ports.metrics import MetricError, Reading

SECRET: Final = "wavefront-api-tokens"  # noqa: S105 - a name
SECONDS: Final = 30
_ASKED: Final = "Wavefront"


def host(wanted: WavefrontMetric) -> str:
    """The key of the Secret that holds its token: a token goes to its own host alone."""
    address = wanted.address.strip().rstrip("/")
    return urlsplit(address).netloc if "://" in address else address


async def measure(http: Http, wanted: WavefrontMetric, credentials: Credentials, *, now: datetime) -> Reading:
    """One series is a number, several are a list, each the point closest to now. Raises MetricError."""
    token = (await credentials.of(SECRET, host(wanted)))[host(wanted)]
    at = int(now.timestamp())
    form = {"q": wanted.query, "s": str(at * 1000), "g": "s", "strict": "false"}
    scheme = "http" if wanted.address.startswith("http://") else "https"
    url = f"{scheme}://{host(wanted)}/api/v2/chart/api?{urlencode(form)}"
    answer = await http.ask(Request(url, headers=(("Authorization", f"Bearer {token}"),), seconds=SECONDS))
    return _reading(decoded(checked(answer, _ASKED), _ASKED), at)


def _reading(said: Any, at: int) -> Reading:
    try:
        closest = [min(series["data"], key=lambda point: abs(point[0] - at)) for series in said.get("timeseries") or []]
        values = [float(point[1]) for point in closest]
    except (AttributeError, KeyError, IndexError, TypeError, ValueError) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error
    if not values:
        raise MetricError(f"{_ASKED}: no TimeSeries found in response")
    result: Any = values[0] if len(values) == 1 else values
    warnings = said.get("warnings")
    return Reading(result, written(result), {"warnings": str(warnings)} if warnings else {})
