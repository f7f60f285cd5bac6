"""How Prometheus and web services are asked, as Argo Rollouts' own tests say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.adapters.metrics import prometheus, sign_in
from holdfast.engine.analysis import conditions
from holdfast.model.analysis import Metric
from holdfast.ports.metrics import MetricError
from tests.replay.cases import Case
from tests.replay.rollouts_left_out import to_run

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
PROMETHEUS = to_run("07-prometheus.jsonl")
WEB = to_run("07-webmetric.jsonl")
RUN = [*PROMETHEUS, *WEB]


def named(case: Case) -> str:
    return str(case["id"])


def metric(case: Case) -> Metric:
    """The last argument; the address of a server that the recorded test started is any."""
    wanted = next(dict(one) for one in reversed(case["args"]) if isinstance(one, dict) and "provider" in one)
    asked = dict(wanted["provider"].get("prometheus") or {})
    if isinstance(asked.get("address"), dict):
        asked["address"] = "http://127.0.0.1:9090"
        wanted["provider"] = {"prometheus": asked}
    return msgspec.convert(wanted, Metric)


def of(cases: list[Case], *functions: str) -> list[Case]:
    return [case for case in cases if case["fn"] in functions]


@pytest.mark.parametrize("case", of(PROMETHEUS, "NewPrometheusAPI"), ids=named)
def test_an_address_and_a_sign_in_are_taken_or_refused(case: Case) -> None:
    wanted = metric(case).provider.prometheus
    assert wanted is not None
    (told,) = case["expect"]
    if told["op"] in ("NoError", "Nil"):
        assert prometheus.address(wanted).startswith("http")
        return
    with pytest.raises(MetricError) as error:
        prometheus.address(wanted)
    assert told["op"] != "EqualError" or str(error.value) == told["value"]


@pytest.mark.parametrize("case", of(PROMETHEUS, "processResponse"), ids=named)
def test_an_answer_is_read_and_judged(case: Case) -> None:
    wanted = msgspec.convert(case["args"][0], Metric)
    samples = [{"value": [one["timestamp"], str(one["value"])]} for one in case["args"][1]]
    found = prometheus.of_result("vector", samples)
    told = {one["path"][0]: one["value"] for one in case["expect"]}
    assert (found.value, str(conditions.judged(found.result, wanted))) == (told[0], told[1])


def answered(said: Any) -> dict[str, Any]:
    """The recorded answer of the client library as the API gives it."""
    value = said["value"]
    if isinstance(value, list):
        series = [{"values": [[pair["Timestamp"], str(pair["Value"])] for pair in one["values"]]} for one in value]
        data = {"resultType": "matrix", "result": series}
    else:
        data = {"resultType": "scalar", "result": [value["timestamp"], str(value["value"])]}
    return {"status": "success", "data": data, "warnings": said.get("warnings")}


@pytest.mark.parametrize("case", of(PROMETHEUS, "NewPrometheusProvider"), ids=named)
def test_a_question_is_put_together(case: Case) -> None:
    """Where the recorded test broke a duration, the question cannot be put; the answers given are read."""
    wanted = metric(case).provider.prometheus
    assert wanted is not None
    if "??" in msgspec.json.encode(wanted).decode():
        with pytest.raises(MetricError, match="failed to parse rangeQuery"):
            prometheus.question(wanted, NOW)
        return
    path, form = prometheus.question(wanted, NOW)
    assert form["query"] == wanted.query
    assert (path, "step" in form) == (("query", False) if wanted.range_query is None else ("query_range", True))
    if "value" in case["args"][0]:
        found = prometheus.reading(answered(case["args"][0]))
        assert found.metadata.get("warnings", "") in ("", '"warning", "warning2"')
        assert found.value


@pytest.mark.parametrize("case", of(WEB, "NewWebMetricHttpClient"), ids=named)
def test_a_web_sign_in_is_taken_or_refused(case: Case) -> None:
    wanted = metric(case).provider.web
    assert wanted is not None
    if case["expect"][0]["op"] == "NoError":
        sign_in.check(wanted.authentication)
        return
    with pytest.raises(MetricError, match="clientId, clientSecret"):
        sign_in.check(wanted.authentication)
