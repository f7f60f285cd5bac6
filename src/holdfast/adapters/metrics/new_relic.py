"""Asks New Relic in NRQL, through NerdGraph.

Source: https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from holdfast.adapters.metrics.credentials import Credentials
from holdfast.adapters.metrics.http import Http, Request, checked, decoded
from holdfast.adapters.metrics.numbers import written
from holdfast.model.metric_provider import NewRelicMetric
from holdfast.ports.metrics import MetricError, Reading

SECRET: Final = "newrelic"  # noqa: S105 - a name
KEYS: Final = ("personal-api-key", "account-id")
ADDRESSES: Final = {"": "https://api.newrelic.com/graphql", "us": "https://api.newrelic.com/graphql",
                    "eu": "https://api.eu.newrelic.com/graphql"}  # fmt: skip
SECONDS: Final = 5
_ASKED: Final = "New Relic"
_QUESTION: Final = (
    "query($account: Int!, $query: Nrql!, $seconds: Seconds) "
    "{ actor { account(id: $account) { nrql(query: $query, timeout: $seconds) { results } } } }"
)


async def measure(http: Http, wanted: NewRelicMetric, credentials: Credentials) -> Reading:
    """One row as a map, several as a list of them. Raises MetricError."""
    secret = await credentials.of(wanted.profile or SECRET, *KEYS)
    account = secret["account-id"]
    if not account.isdecimal():
        raise MetricError("account-id of the Secret of New Relic is no number")
    region = secret.get("region", "").lower()
    url = secret.get("base-url-nerdgraph") or ADDRESSES.get(region)
    if url is None:
        raise MetricError(f"region {region!r} of the Secret of New Relic is neither us nor eu")
    seconds = wanted.timeout or SECONDS
    variables = {"account": int(account), "query": wanted.query, "seconds": seconds}
    answer = await http.ask(
        Request(
            url,
            method="POST",
            headers=(("Api-Key", secret["personal-api-key"]), ("Content-Type", "application/json")),
            body=msgspec.json.encode({"query": _QUESTION, "variables": variables}),
            seconds=seconds + 5,
        )
    )
    return _reading(decoded(checked(answer, _ASKED), _ASKED))


def _reading(said: Any) -> Reading:
    errors = said.get("errors") if isinstance(said, dict) else None
    if errors:
        raise MetricError(f"{_ASKED}: {errors[0].get('message') if isinstance(errors[0], dict) else errors[0]}")
    try:
        rows = said["data"]["actor"]["account"]["nrql"]["results"]
    except (KeyError, TypeError) as error:
        raise MetricError(f"{_ASKED}: the answer cannot be read") from error
    if not rows:
        raise MetricError(f"{_ASKED}: no results returned from NRQL query")
    result = rows[0] if len(rows) == 1 else rows
    return Reading(result, written(result))
