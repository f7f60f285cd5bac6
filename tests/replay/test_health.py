"""Objects, and the applications they make up, are judged as Argo CD judges them."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.health.aggregate import Judged, aggregate
from holdfast.engine.health.judge import check_of, judge
from holdfast.engine.health.kinds.batch import workflow
from holdfast.model.health import HealthReport
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import group_kind_of
from tests.replay.cases import Case, load

CASES = load("01-health.jsonl")
ENGINE_CASES = load("02-engine-health.jsonl")


def _id(case: Case) -> str:
    return str(case["id"])


def _calls(name: str) -> list[Case]:
    return [case for case in ENGINE_CASES if case.get("fn") == name]


BUILT_IN = [case for case in ENGINE_CASES if "input" in case]
WORKFLOWS, APPLICATIONS = _calls("getArgoWorkflowHealth"), _calls("setApplicationHealth")
RUN = [*CASES, *BUILT_IN, *WORKFLOWS, *APPLICATIONS]


def _expected(case: Case, field: int | str) -> str:
    """What the case says of one result; "" where it says that it is empty."""
    for expectation in case["expect"]:
        if expectation["path"][-1:] == [field] and expectation["op"] in ("Equal", "Empty"):
            return _plain(expectation["value"])
    raise AssertionError(f"{case['id']} says nothing of {field}")


def _plain(value: Any) -> str:
    """Health is written as the name of a constant of the other program."""
    if isinstance(value, dict):
        return str(value["$opaque"]).removeprefix("health.HealthStatus")
    return str(value or "")


@pytest.mark.parametrize("case", CASES, ids=_id)
def test_status_of_a_custom_resource(case: Case) -> None:
    check = check_of(group_kind_of(case["input"]))
    assert check is not None
    assert check(case["input"]).status.value == case["expected"]["status"]


@pytest.mark.parametrize("case", BUILT_IN, ids=_id)
def test_status_of_a_built_in_kind(case: Case) -> None:
    report = judge(case["input"])
    assert report is not None
    assert report.status.value == case["expected"]["status"]


@pytest.mark.parametrize("case", WORKFLOWS, ids=_id)
def test_status_and_message_of_a_workflow(case: Case) -> None:
    report = workflow(case["args"][0])
    assert report.status.value == _expected(case, "Status")
    assert report.message == _expected(case, "Message")


@pytest.mark.parametrize("case", APPLICATIONS, ids=_id)
def test_health_of_an_application(case: Case) -> None:
    health = aggregate([_judged(resource) for resource in case["args"][0] if resource])
    assert health.status.value == _expected(case, 0)
    assert health.message == _expected(case, 1)


def _judged(resource: dict[str, Any]) -> Judged:
    live = resource.get("Live")
    key = ObjectKey(resource["Group"], resource["Kind"], resource.get("Namespace", ""), resource.get("Name", ""))
    return Judged(key, _report(live) if live else None, exists=live is not None)


def _report(live: dict[str, Any]) -> HealthReport | None:
    status = live.get("status", {})
    if "health" in status:
        live = {**live, "status": {**status, "health": {"status": _plain(status["health"]["status"])}}}
    return judge(live)
