"""Each reason why an application is not as it should be, what is said of it, and what unblocks it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.flow.gates import Surroundings
from holdfast.engine.why.answer import Question, why
from holdfast.engine.why.reasons import Kind
from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.freeze import Freeze, FreezeSpec
from holdfast.testing.builders import application_object, project_object

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
COMMIT = "0123456789abcdef0123456789abcdef01234567"
OUT_OF_SYNC = {
    "sync": {"status": "OutOfSync", "revision": COMMIT},
    "health": {"status": "Healthy"},
    "resources": [{"kind": "ConfigMap", "namespace": "shop", "name": "settings", "status": "OutOfSync"}],
}
FINE = {"sync": {"status": "Synced", "revision": COMMIT}, "health": {"status": "Healthy"}}
AUTOMATED = {"automated": {"prune": False, "selfHeal": False}}
HOOK = {"group": "batch", "kind": "Job", "namespace": "shop", "name": "migrate", "hookType": "PreSync"}


def asked(
    status: dict[str, Any] | None = None,
    *,
    around: Surroundings | None = None,
    policy: dict[str, Any] | None = None,
    **metadata: Any,
) -> Question:
    found = application_object(policy=policy if policy is not None else AUTOMATED)
    found["metadata"] |= metadata
    app = msgspec.convert({**found, "status": FINE if status is None else status}, Application)
    return Question(app=app, now=NOW, around=around or Surroundings())


def condition(kind: str, message: str) -> dict[str, Any]:
    return {**FINE, "conditions": [{"type": kind, "message": message}]}


def running(message: str, results: list[dict[str, Any]] | None = None, **more: Any) -> dict[str, Any]:
    state = {
        "phase": "Running",
        "message": message,
        "startedAt": "2026-01-01T11:00:00Z",
        "operation": {"sync": {}, "retry": {"limit": 3, "backoff": {"duration": "10m"}}},
        "syncResult": {"revision": COMMIT, "resources": results or []},
        **more,
    }
    return {**OUT_OF_SYNC, "operationState": state}


def project(**spec: Any) -> AppProject:
    found = project_object()
    return msgspec.convert({**found, "spec": {**found["spec"], **spec}}, AppProject)


FROZEN = Surroundings(freezes=(Freeze(spec=FreezeSpec(reason="the audit", until="2026-01-02T00:00:00Z")),))
SHUT = Surroundings(
    project=project(
        syncWindows=[
            {"kind": "deny", "schedule": "0 0 * * *", "duration": "24h", "applications": ["*"], "manualSync": True}
        ]
    )
)
APPROVALS = {"holdfast.dev/approvals": "1", "holdfast.dev/approvers": "sre"}
FAILED = {"phase": "Failed", "message": "no luck", "finishedAt": "2026-01-01T11:59:00Z"}

TABLE: dict[Kind, tuple[Question, str, str, str]] = {
    Kind.PAUSED: (
        asked(annotations={"argocd.argoproj.io/skip-reconcile": "true"}),
        "nothing is compared and nothing is done",
        "take the annotation away",
        "argocd.argoproj.io/skip-reconcile-",
    ),
    Kind.DELETION: (
        asked(deletionTimestamp="2026-01-01T11:00:00Z", finalizers=["example.com/backup"]),
        "is being deleted; finalizers of others hold it: example.com/backup",
        "once a person confirms it",
        "confirm-deletion",
    ),
    Kind.SPEC: (asked(condition("InvalidSpecError", "no project x")), "no project x", "change the application", "edit"),
    Kind.SOURCE: (asked(condition("ComparisonError", "no chart")), "no chart", "mend the source", "app refresh"),
    Kind.UNSEEN: (asked({}), "has not looked at it yet", "", ""),
    Kind.FREEZE: (asked(OUT_OF_SYNC, around=FROZEN), "the audit", "", ""),
    Kind.WINDOW: (asked(OUT_OF_SYNC, around=SHUT), "no sync window lets it through", "sync by hand", "app sync"),
    Kind.HELD: (asked(condition("RevisionHeld", "held off")), "held off", "lift the hold", "holdfast.dev/hold-"),
    Kind.APPROVAL: (asked(OUT_OF_SYNC, annotations=APPROVALS), "web asks for 1, given are 0", "", "app approve"),
    Kind.DEPENDENCY: (
        asked(OUT_OF_SYNC, annotations={"holdfast.dev/depends-on": "db"}),
        "db, which does not exist",
        "",
        "",
    ),
    Kind.GUARD: (
        asked(running("waiting for pruning confirmation of /ConfigMap/a: it would delete 7 of 8 objects: 50")),
        "it would delete 7 of 8",
        "a person confirms",
        "confirm-deletion",
    ),
    Kind.REFUSED: (asked(condition("SyncError", "is immutable")), "is immutable", "mend what", "app diff"),
    Kind.RETRY: (
        asked(running("no luck. Retrying attempt #1 at 12:09PM.", finishedAt="2026-01-01T11:59:00Z", retryCount=1)),
        "is tried again in 120 s (1 of 3): no luck",
        "or end the sync",
        "terminate-op",
    ),
    Kind.HOOK: (
        asked(running("waiting for completion of hook batch/Job/migrate", [{**HOOK, "hookPhase": "Running"}])),
        "the PreSync hook batch/Job shop/migrate is running",
        "wait for its end",
        "terminate-op",
    ),
    Kind.CONFIRMATION: (
        asked(running("waiting for pruning confirmation of /ConfigMap/a")),
        "waiting for pruning confirmation of /ConfigMap/a",
        "a person confirms",
        "confirm-deletion",
    ),
    Kind.WAVE: (
        asked(running("waiting for healthy state of apps/Deployment/db")),
        "waiting for healthy state of apps/Deployment/db",
        "end the sync",
        "terminate-op",
    ),
    Kind.RUNNING: (asked(running("one or more tasks are running")), "one or more tasks are running", "", ""),
    Kind.FAILED: (
        asked({**OUT_OF_SYNC, "operationState": {**running("")["operationState"], **FAILED}}),
        "the last sync failed: no luck",
        "mend what the message names",
        "app sync",
    ),
    Kind.MANUAL: (asked(OUT_OF_SYNC, policy={}), "1 of its objects differ from 01234567", "sync it", "app sync"),
    Kind.UNHEALTHY: (
        asked(
            {
                **FINE,
                "resources": [
                    {"kind": "Pod", "namespace": "shop", "name": "db", "health": {"status": "Missing"}, "status": ""}
                ],
            }
        ),
        "Pod shop/db is not in the cluster",
        "a sync makes it",
        "app sync",
    ),
    Kind.WARNING: (asked(condition("OrphanedResourceWarning", "2 orphans")), "2 orphans", "", ""),
    Kind.NOTHING: (asked(), "is Synced and Healthy, and nothing waits", "", ""),
}


@pytest.mark.parametrize("kind", list(Kind))
def test_each_reason_is_told_with_what_unblocks_it(kind: Kind) -> None:
    question, because, unblock, command = TABLE[kind]
    found = why(question)
    told = {one.kind: one for one in found}
    assert kind in told, found
    assert because in told[kind].because
    assert unblock in told[kind].unblock
    assert command in told[kind].command


def test_what_has_to_be_solved_first_stands_first() -> None:
    status = {**OUT_OF_SYNC, "conditions": [{"type": "OrphanedResourceWarning", "message": "2 orphans"}]}
    found = why(asked(status, around=FROZEN, policy={}, annotations=APPROVALS))
    assert [one.kind for one in found] == [Kind.FREEZE, Kind.APPROVAL, Kind.MANUAL, Kind.WARNING]
