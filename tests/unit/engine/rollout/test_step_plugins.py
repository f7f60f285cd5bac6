"""What step plugins are asked, and what their answers mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import rehearsal, rehearsal_in_place, step_plugins, validation
from holdfast.model import program_names
from holdfast.model.rollout import Rollout, StepPluginStatus, WorkloadRef
from holdfast.model.step_plugins import Answer, PluginPhase

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
STAMP = "2026-01-01T12:00:00Z"
BEGAN = "2026-01-01T11:59:00Z"


def rollout(*steps: dict[str, Any]) -> Rollout:
    return msgspec.convert(
        {
            "metadata": {"name": "web", "namespace": "shop"},
            "spec": {
                "replicas": 2,
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": []}},
                "strategy": {"canary": {"steps": list(steps)}},
            },
        },
        Rollout,
    )


def entry(operation: str = "Run", **more: Any) -> StepPluginStatus:
    fields = {"index": 1, "name": "soak", "phase": "Running", "started_at": BEGAN, "status": {"good": 1}, **more}
    return StepPluginStatus(operation=operation, **fields)


@pytest.mark.parametrize(
    ("before", "answer", "expected"),
    [
        (
            entry(),
            Answer(PluginPhase.RUNNING, "1 of 3", timedelta(seconds=5), {"good": 2}),
            {"phase": "Running", "message": "1 of 3", "backoff": "5s", "status": {"good": 2}, "executions": 1},
        ),
        (entry(), Answer(PluginPhase.RUNNING), {"backoff": "30s", "status": {"good": 1}}),
        (entry(), Answer(PluginPhase.RUNNING, "", timedelta(0)), {"backoff": "1s"}),
        (entry(), Answer(PluginPhase.RUNNING, "", timedelta(days=400)), {"backoff": "86400s"}),
        (entry(), Answer(PluginPhase.SUCCESSFUL), {"phase": "Successful", "finished_at": STAMP, "backoff": ""}),
        (entry(), Answer(PluginPhase.FAILED, "slow"), {"phase": "Failed", "finished_at": STAMP, "message": "slow"}),
        (
            entry(executions=9),
            Answer(PluginPhase.ERROR, "no"),
            {"finished_at": None, "executions": 10, "backoff": "30s"},
        ),
        (entry("Abort", executions=3), Answer(PluginPhase.ERROR), {"finished_at": None, "executions": 4}),
        (entry("Abort", executions=4), Answer(PluginPhase.ERROR), {"phase": "Error", "finished_at": STAMP}),
        (entry("Terminate", executions=9), Answer(PluginPhase.RUNNING), {"finished_at": None}),
        (entry(), Answer(PluginPhase.RUNNING, "x" * 5000), {"message": "x" * 1024}),
    ],
)
def test_an_answer_is_written_down(before: StepPluginStatus, answer: Answer, expected: dict[str, Any]) -> None:
    after = step_plugins.taken(before, answer, NOW)
    assert {name: getattr(after, name) for name in expected} == expected
    assert (after.started_at, after.updated_at) == (BEGAN, STAMP)


@pytest.mark.parametrize(
    ("given", "at"),
    [
        (entry(), None),
        (entry(updated_at=STAMP, backoff="90s"), NOW + timedelta(seconds=90)),
        (entry(updated_at=STAMP, backoff="never"), None),
    ],
)
def test_it_is_asked_again_after_its_pause(given: StepPluginStatus, at: datetime | None) -> None:
    assert step_plugins.due(given) == at


@pytest.mark.parametrize(
    ("known", "config"),
    [
        ({"plugin": {"name": "soak", "config": {"url": "http://web"}}}, {"url": "http://web"}),
        ({"plugin": {"name": "other", "config": {"url": "http://web"}}}, None),
        ({"setWeight": 10}, None),
    ],
)
def test_only_the_config_of_its_own_step_is_told(known: dict[str, Any], config: Any) -> None:
    asked = step_plugins.question(rollout({"setWeight": 5}, known), entry("Abort", executions=2))
    assert (asked.config, asked.status) == (config, {"good": 1})
    assert (asked.namespace, asked.rollout, asked.execution.number) == ("shop", "web", 3)


@pytest.mark.parametrize("name", ["soak", "acme/soak", "a.b_c-d", "argoproj-labs/step-exec", "9"])
def test_names_of_plugins(name: str) -> None:
    assert program_names.is_name(name)
    assert validation.problem(rollout({"plugin": {"name": name}})) == ""


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "../soak", "acme/../soak", "/bin/sh", "a/b/c", "a/", "soak\n", ".soak", "-x", "a b", "a" * 129],
)
def test_names_that_could_lead_elsewhere_are_refused(name: str) -> None:
    assert not program_names.is_name(name)
    assert "steps[0].plugin.name" in validation.problem(rollout({"plugin": {"name": name}}))


def test_a_rehearsal_takes_plugins_for_successful_and_can_let_them_fail() -> None:
    subject = rollout({"setWeight": 50}, {"plugin": {"name": "soak"}}, {"setWeight": 100})
    moments = rehearsal.timetable(subject)
    assert "the plugin" in {moment.waits for moment in moments if moment.step == 1}
    assert moments[-1].phase == "Healthy"
    assert rehearsal.timetable(subject, fails="Plugin")[-1].phase == "Degraded"


def test_so_does_the_rehearsal_of_a_stateful_set() -> None:
    subject = rollout({"setWeight": 50}, {"plugin": {"name": "soak"}}, {"setWeight": 100})
    reference = WorkloadRef(api_version="apps/v1", kind="StatefulSet", name="web")
    spec = msgspec.structs.replace(subject.spec, workload_ref=reference, template={}, selector=None, replicas=None)
    moments = rehearsal_in_place.timetable(msgspec.structs.replace(subject, spec=spec), 4)
    assert "the plugin" in {moment.waits for moment in moments if moment.step == 1}
    assert moments[-1].phase == "Healthy"
