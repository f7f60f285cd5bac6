"""How metrics and runs are judged, as Argo Rollouts' own tests say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from holdfast.engine.analysis import arguments, assess, conditions, phases, record, retention, schedule
from holdfast.engine.lang import instants
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.rollout import field_paths
from holdfast.model.analysis import (
    AnalysisRun,
    AnalysisRunStatus,
    Argument,
    Measurement,
    MeasurementRetention,
    Metric,
    MetricResult,
)
from holdfast.model.rollout import Rollout
from tests.replay.cases import Case
from tests.replay.rollouts_left_out import to_run

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
ASSESS = to_run("07-analysis-assess.jsonl")
REST = to_run("07-analysis-utils.jsonl")
EVALUATE = to_run("07-evaluate.jsonl")
RUN = [*ASSESS, *REST, *EVALUATE]


def of(cases: list[Case], *functions: str) -> list[Case]:
    return [case for case in cases if case["fn"] in functions]


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


@pytest.mark.parametrize("case", of(REST, "IsWorse", "Worst"), ids=named)
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


@pytest.mark.parametrize("case", of(EVALUATE, "EvalCondition"), ids=named)
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


@pytest.mark.parametrize("case", of(EVALUATE, "EvaluateResult"), ids=named)
def test_a_value_is_judged_by_its_conditions(case: Case) -> None:
    value, metric = case["args"][:2]
    try:
        found = str(conditions.judged(value, msgspec.convert(metric, Metric)))
    except ExpressionError:
        found = "Error"
    assert found == case["expect"][0]["value"]


@pytest.mark.parametrize("case", of(ASSESS, "calculateNextReconcileTime"), ids=named)
def test_when_to_look_again(case: Case) -> None:
    run = msgspec.convert(timed(case["args"][0]), AnalysisRun)
    found = schedule.next_look(run, msgspec.convert(case["args"][1], list[Metric]), NOW)
    wanted = timed(case["expect"][0]["value"])
    is_under_way = any(one.finished_at is None for it in run.status.metric_results for one in it.measurements)
    if is_under_way:
        assert wanted is None
        assert found == NOW + schedule.WHILE_UNDER_WAY
    elif any(not result.name for result in run.status.metric_results):
        # The recorded result is of no metric's name, and so the metric has none yet.
        assert found == NOW
    else:
        assert found == instants.parse(wanted)


@pytest.mark.parametrize("case", of(REST, "MetricCompleted"), ids=named)
def test_whether_a_metric_has_ended(case: Case) -> None:
    run, name = msgspec.convert(case["args"][0], AnalysisRun), case["args"][1]
    result = schedule.results_of(run).get(name, MetricResult())
    assert phases.is_completed(result.phase) is (case["expect"][0]["op"] == "True")


@pytest.mark.parametrize("case", of(REST, "extractValueFromRollout"), ids=named)
def test_an_argument_is_taken_out_of_the_rollout(case: Case) -> None:
    rollout, path = msgspec.convert(case["args"][0], Rollout), case["args"][1]
    wanted = json.loads(case["expect"][1]["path"][1].removeprefix("!= "))
    if wanted:
        assert field_paths.value(rollout, path) == wanted
        return
    with pytest.raises(ValueError, match="has no field"):
        field_paths.value(rollout, path)


def reconciled(case: Case) -> AnalysisRunStatus:
    """What becomes of the run when all that is measured is good, as the recorded tests have it."""
    run = msgspec.convert(timed(case["args"][0]), AnalysisRun)
    try:
        metrics = arguments.resolved(run.spec.metrics, arguments.plain_values(run.spec.args))
        dry = retention.dry_metrics(run.spec.dry_run, metrics)
    except arguments.ArgumentError as error:
        return record.refused(run, str(error), NOW)
    ending = assess.must_end(run.status.metric_results, terminate=run.spec.terminate)
    at = instants.stamp(NOW)
    measured = {
        task.metric.name: Measurement(phase=phases.Phase.SUCCESSFUL, started_at=at, finished_at=at)
        for task in schedule.tasks(run, metrics, NOW, terminating=ending)
    }
    return record.status(run, metrics, measured, dry, {}, NOW)


@pytest.mark.parametrize("case", of(ASSESS, "reconcileAnalysisRun"), ids=named)
def test_a_run_goes_on(case: Case) -> None:
    """The words differ; with several placeholders that have no value another one is told first."""
    wanted = {one["path"][1]: one["value"] for one in case["expect"]}
    found = reconciled(case)
    assert found.phase == wanted["Phase"]
    if wanted["Phase"] == "Error":
        assert found.message.partition("{{")[0] in wanted["Message"]
