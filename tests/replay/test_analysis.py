"""How metrics and runs are judged, as Argo Rollouts' own tests say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from holdfast.engine.analysis import arguments, assess, conditions, phases, retention, schedule
from holdfast.engine.lang import instants
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.model.analysis import AnalysisRun, Argument, MeasurementRetention, Metric, MetricResult
from tests.replay.cases import Case, load

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASSESS = load("07-analysis-assess.jsonl")
REST = load("07-analysis-utils.jsonl")


def of(cases: list[Case], function: str) -> list[Case]:
    return [case for case in cases if case["fn"] == function]


def timed(value: Any) -> Any:
    """With `$now-60s` as an instant."""
    match value:
        case str() if found := re.fullmatch(r"\$now([+-]\d+)s", value):
            return instants.stamp(NOW + timedelta(seconds=int(found[1])))
        case dict():
            return {key: timed(inner) for key, inner in value.items()}
        case list():
            return [timed(item) for item in value]
        case _:
            return value


def named(case: Case) -> str:
    return str(case["id"])


@pytest.mark.parametrize("case", of(ASSESS, "assessMetricStatus"), ids=named)
def test_a_metric_is_judged(case: Case) -> None:
    wanted, result, terminating = timed(case["args"])
    found = assess.metric(
        msgspec.convert(wanted, Metric), msgspec.convert(result, MetricResult), terminating=terminating
    )
    assert found.phase == case["expect"][0]["value"]


@pytest.mark.parametrize("case", of(ASSESS, "assessRunStatus"), ids=named)
def test_a_run_is_judged(case: Case) -> None:
    run = msgspec.convert(timed(case["args"][0]), AnalysisRun)
    found = assess.run(run.status.metric_results)
    assert [found.phase, found.message] == [one["value"] for one in case["expect"]]


@pytest.mark.parametrize("case", of(ASSESS, "generateMetricTasks"), ids=named)
def test_what_is_measured_now(case: Case) -> None:
    run = msgspec.convert(timed(case["args"][0]), AnalysisRun)
    metrics = msgspec.convert(case["args"][1], list[Metric])
    found = schedule.tasks(run, metrics, NOW, terminating=run.spec.terminate)
    assert len(found) == next(one["value"] for one in case["expect"] if one["path"] == ["len"])


@pytest.mark.parametrize("case", [case for case in REST if case["fn"] in ("IsWorse", "Worst")], ids=named)
def test_phases_have_an_order(case: Case) -> None:
    left, right = case["args"]
    wanted = case["expect"][0]
    if case["fn"] == "Worst":
        assert phases.worst((left, right)) == wanted["value"]
    else:
        assert phases.is_worse(right, left) is (wanted["op"] == "True")


@pytest.mark.parametrize("case", of(REST, "GetMeasurementRetentionMetrics"), ids=named)
def test_how_many_measurements_are_kept(case: Case) -> None:
    rules = msgspec.convert(case["args"][0], list[MeasurementRetention])
    metrics = msgspec.convert(case["args"][1], list[Metric])
    refused = next((one for one in case["expect"] if one["op"] == "EqualError"), None)
    if refused is not None:
        with pytest.raises(arguments.ArgumentError) as error:
            retention.limits(rules, metrics)
        assert str(error.value) == refused["value"]
        return
    found = retention.limits(rules, metrics)
    for wanted in case["expect"][1:]:
        assert len(found) == wanted["value"] if wanted["path"][1] == "len" else wanted["path"][1] in found


@pytest.mark.parametrize("case", of(REST, "ResolveMetricArgs"), ids=named)
def test_arguments_are_put_into_a_metric(case: Case) -> None:
    values = arguments.plain_values(msgspec.convert(case["args"][1], list[Argument]))
    (found,) = arguments.resolved((msgspec.convert(case["args"][0], Metric),), values)
    assert found.success_condition == case["expect"][0]["value"]


@pytest.mark.parametrize("case", of(load("07-evaluate.jsonl"), "EvalCondition"), ids=named)
def test_a_condition_is_evaluated(case: Case) -> None:
    value, condition = case["args"]
    wanted = {tuple(one["path"]): one for one in case["expect"]}
    if wanted[(1,)]["op"] == "Nil":
        assert conditions.holds(condition, value) is (wanted[(0,)]["op"] == "True")
        return
    with pytest.raises(ExpressionError) as error:
        conditions.holds(condition, value)
    told = wanted[(1,)]["value"]
    assert told is None or told["$error"] in str(error.value)


@pytest.mark.parametrize("case", of(load("07-evaluate.jsonl"), "EvaluateResult"), ids=named)
def test_a_value_is_judged_by_its_conditions(case: Case) -> None:
    value, metric = case["args"][:2]
    try:
        found = str(conditions.judged(value, msgspec.convert(metric, Metric)))
    except ExpressionError:
        found = "Error"
    assert found == case["expect"][0]["value"]
