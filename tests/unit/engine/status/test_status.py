"""What is written down about an application."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from holdfast.engine.status import compose, conditions, history, operation, patch, resources, times
from holdfast.engine.status.compose import Findings, new_status
from holdfast.model.application import (
    Application,
    ApplicationStatus,
    Backoff,
    Operation,
    ResourceResult,
    RetryStrategy,
    SyncOperation,
    SyncOperationResource,
)
from holdfast.model.comparison import Comparison
from holdfast.model.desired import ObjectState
from holdfast.model.health import Health, HealthReport
from holdfast.model.keys import ObjectKey
from holdfast.model.names import ConditionType, OperationPhase, SyncCode
from holdfast.testing.builders import COMMIT, application, deployment, obj

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "2026-01-02T03:04:05Z"
LATER = "2026-01-02T04:00:00Z"


def state(name: str = "web", code: SyncCode | None = SyncCode.SYNCED, **more: Any) -> ObjectState:
    comparison = Comparison(code) if code else None
    return ObjectState(ObjectKey("apps", "Deployment", "shop", name), "v1", comparison=comparison, **more)


def findings(*states: ObjectState, **more: Any) -> Findings:
    return Findings(states or (state(),), HealthReport(Health.HEALTHY), revision=COMMIT, **more)


def with_status(app: Application, status: ApplicationStatus) -> Application:
    return msgspec.structs.replace(app, status=status)


CODES = [
    ([state()], SyncCode.SYNCED),
    ([state(), state("b", SyncCode.OUT_OF_SYNC)], SyncCode.OUT_OF_SYNC),
    ([state(), state("b", SyncCode.OUT_OF_SYNC, counts=False)], SyncCode.SYNCED),
    ([state("b", None)], SyncCode.UNKNOWN),
    ([state("b", None, hook=True)], SyncCode.SYNCED),
    ([], SyncCode.SYNCED),
]


@pytest.mark.parametrize(("states", "code"), CODES)
def test_the_sync_status_is_the_worst_that_counts(states: list[ObjectState], code: SyncCode) -> None:
    assert resources.sync_code(states) is code


def test_a_second_look_at_the_same_state_changes_nothing() -> None:
    app = application()
    first = new_status(app, findings(), STAMP)
    again = new_status(with_status(app, first), findings(), LATER)
    assert again == first
    assert patch.status_patch(first, again) is None


def test_reconciled_at_moves_with_other_changes_and_with_a_refresh() -> None:
    app = application()
    first = new_status(app, findings(), STAMP)
    app = with_status(app, first)
    assert new_status(app, findings(), LATER, refreshed=True).reconciled_at == LATER
    changed = new_status(app, findings(state(code=SyncCode.OUT_OF_SYNC)), LATER)
    assert changed.reconciled_at == LATER
    assert patch.status_patch(first, changed) == {
        "status": {
            "reconciledAt": LATER,
            "resources": [
                {
                    "group": "apps",
                    "kind": "Deployment",
                    "name": "web",
                    "namespace": "shop",
                    "status": "OutOfSync",
                    "version": "v1",
                }
            ],
            "sync": {"status": "OutOfSync"},
        }
    }


def test_without_a_comparison_the_status_is_unknown_and_the_revision_stays() -> None:
    app = application()
    app = with_status(app, new_status(app, findings(), STAMP))
    blind = Findings((state(code=None),), HealthReport(Health.HEALTHY), compared=False)
    status = new_status(app, blind, LATER)
    assert status.sync.status == "Unknown"
    assert status.sync.revision == COMMIT
    assert status.health.status == "Healthy"


def test_conditions_keep_the_time_since_when_they_hold() -> None:
    broken = conditions.condition(ConditionType.COMPARISON_ERROR, "values.yaml:3: no")
    [first] = conditions.merged((), [broken], STAMP)
    assert first.last_transition_time == STAMP
    assert conditions.merged([first], [broken], LATER) == (first,)
    assert conditions.merged([first], [], LATER) == ()
    failed = conditions.condition(ConditionType.DELETION_ERROR, "forbidden")
    assert conditions.merged([failed], [], LATER) == (failed,)


def test_health_keeps_the_time_since_when_it_holds() -> None:
    app = application()
    app = with_status(app, new_status(app, findings(), STAMP))
    worse = compose.Findings((state(),), HealthReport(Health.DEGRADED), revision=COMMIT)
    assert new_status(app, findings(state("b")), LATER).health.last_transition_time == STAMP
    assert new_status(app, worse, LATER).health.last_transition_time == LATER


def test_the_summary_names_images_and_links() -> None:
    ingress = obj(
        "networking.k8s.io/v1",
        "Ingress",
        "i",
        annotations={"link.argocd.argoproj.io/docs": "Docs|https://docs.example.com"},
        spec={
            "tls": [{"hosts": ["a.example.com"]}],
            "rules": [
                {"host": "a.example.com", "http": {"paths": [{"path": "/x"}]}},
                {"host": "b.example.com", "http": {"paths": [{"path": "/"}]}},
            ],
        },
    )
    summary = resources.summary_of([state(live=deployment(image="web:7")), state("i", live=ingress)])
    assert summary.images == ("web:7",)
    assert summary.external_urls == (
        "http://b.example.com/",
        "https://a.example.com/x",
        "https://docs.example.com",
    )


def begun(app: Application, **retry: Any) -> Any:
    asked = Operation(sync=SyncOperation(), retry=RetryStrategy(**retry))
    return operation.begun(asked, COMMIT, app.spec.source, NOW)


def test_a_succeeded_sync_is_a_line_of_the_history() -> None:
    app = application(revisionHistoryLimit=2)
    for number in range(4):
        status = operation.ended(app, begun(app), OperationPhase.SUCCEEDED, "done", NOW)
        app = with_status(app, status)
        assert [entry.id for entry in app.status.history] == [*range(number + 1)][-2:]
    [_, last] = app.status.history
    assert (last.revision, last.deployed_at, last.deploy_started_at) == (COMMIT, STAMP, STAMP)
    assert last.source == app.spec.source


UNRECORDED = [
    (SyncOperation(dry_run=True), OperationPhase.SUCCEEDED),
    (SyncOperation(resources=(SyncOperationResource(kind="Pod", name="p"),)), OperationPhase.SUCCEEDED),
    (SyncOperation(), OperationPhase.FAILED),
]


@pytest.mark.parametrize(("sync", "phase"), UNRECORDED)
def test_what_deployed_nothing_is_no_history(sync: SyncOperation, phase: OperationPhase) -> None:
    app = application()
    state = operation.begun(Operation(sync=sync), COMMIT, app.spec.source, NOW)
    assert operation.ended(app, state, phase, "x", NOW).history == ()


def test_the_history_can_be_switched_off() -> None:
    app = application(revisionHistoryLimit=0)
    assert history.with_deployment(app, begun(app)) == ()


def test_a_failed_operation_is_tried_again_as_often_as_it_may() -> None:
    app = application()
    status = operation.ended(app, begun(app, limit=1), OperationPhase.FAILED, "no", NOW)
    state = status.operation_state
    assert state is not None
    assert (state.phase, state.retry_count) == ("Running", 1)
    assert state.message == "no. Retrying attempt #1 at 2026-01-02T03:04:10Z."
    assert operation.waits_until(state) == NOW + timedelta(seconds=5)
    again = operation.tried_again(state)
    assert operation.waits_until(again) is None
    assert operation.attempt_of(again) != operation.attempt_of(begun(app))
    final = operation.ended(app, again, OperationPhase.FAILED, "no", NOW).operation_state
    assert final is not None
    assert (final.phase, final.message) == ("Failed", "no")


DELAYS = [
    (RetryStrategy(), 0, 5),
    (RetryStrategy(), 1, 10),
    (RetryStrategy(), 30, 180),
    (RetryStrategy(backoff=Backoff(duration="1m", factor=3, max_duration="1h30m")), 2, 540),
    (RetryStrategy(backoff=Backoff(duration="nonsense")), 0, 5),
]


@pytest.mark.parametrize(("retry", "tries", "seconds"), DELAYS)
def test_the_pause_before_the_next_attempt_grows(retry: RetryStrategy, tries: int, seconds: int) -> None:
    assert operation.retry_delay(retry, tries) == timedelta(seconds=seconds)


def test_a_terminated_operation_is_not_tried_again() -> None:
    app = application()
    state = msgspec.structs.replace(begun(app, limit=5), phase=OperationPhase.TERMINATING)
    ended = operation.ended(app, state, OperationPhase.FAILED, "Operation terminated", NOW).operation_state
    assert ended is not None
    assert ended.phase == "Failed"


def test_fields_that_the_schema_demands_are_written_even_when_empty() -> None:
    app = application()
    done = ResourceResult(kind="ConfigMap", version="v1", name="c", namespace="shop", status="Synced")
    state = operation.with_results(begun(app), [done])
    ended = operation.ended(app, state, OperationPhase.SUCCEEDED, "done", NOW)
    body = patch.status_patch(ApplicationStatus(), ended)
    assert body is not None
    [written] = body["status"]["operationState"]["syncResult"]["resources"]
    assert written["group"] == ""
    assert body["status"]["history"][0]["id"] == 0


def test_a_new_operation_leaves_nothing_of_the_last_one() -> None:
    app = application()
    done = operation.ended(app, begun(app), OperationPhase.SUCCEEDED, "done", NOW)
    fresh = msgspec.structs.replace(done, operation_state=begun(app))
    body = patch.status_patch(done, fresh)
    assert body is not None
    assert body["status"]["operationState"]["finishedAt"] is None


DURATIONS = [("5s", 5), ("1h30m", 5400), ("250ms", 0.25), ("90", 90), ("", 7), ("5x", 7)]


@pytest.mark.parametrize(("text", "seconds"), DURATIONS)
def test_durations_are_read_as_go_writes_them(text: str, seconds: float) -> None:
    assert times.duration(text, timedelta(seconds=7)) == timedelta(seconds=seconds)


def test_instants_survive_writing_and_reading() -> None:
    assert times.parse(times.stamp(NOW)) == NOW
    assert times.parse("yesterday") is None
    assert times.parse(None) is None
