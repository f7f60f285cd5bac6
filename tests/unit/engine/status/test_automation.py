"""When an application syncs by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from holdfast.engine.status import automation, times
from holdfast.engine.status.automation import Hold, Start
from holdfast.model.application import Application, ApplicationStatus, OperationState, SyncOperationResult
from holdfast.model.comparison import Comparison
from holdfast.model.desired import ObjectState
from holdfast.model.keys import ObjectKey
from holdfast.model.names import SyncCode
from holdfast.testing.builders import COMMIT, application

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
AUTOMATED = {"automated": {"prune": True, "selfHeal": True}}
OTHER = "f" * 40


def object_state(name: str = "web", *, synced: bool = False, **more: Any) -> ObjectState:
    code = SyncCode.SYNCED if synced else SyncCode.OUT_OF_SYNC
    return ObjectState(ObjectKey("apps", "Deployment", "shop", name), "v1", comparison=Comparison(code), **more)


def after_sync(
    app: Application,
    *,
    phase: str = "Succeeded",
    revision: str = COMMIT,
    ago: float = 1000,
    heals: int = 0,
    **more: Any,
) -> Application:
    sync = {"revision": revision, "autoHealAttemptsCount": heals, **more}
    state = msgspec.convert(
        {
            "operation": {"sync": sync},
            "phase": phase,
            "message": "no luck",
            "startedAt": "2026-01-01T00:00:00Z",
            "finishedAt": times.stamp(NOW - timedelta(seconds=ago)),
        },
        OperationState,
    )
    result = SyncOperationResult(revision=revision, source=app.spec.source)
    status = ApplicationStatus(operation_state=msgspec.structs.replace(state, sync_result=result))
    return msgspec.structs.replace(app, status=status)


def decide(app: Application, *states: ObjectState, code: SyncCode = SyncCode.OUT_OF_SYNC) -> automation.Decision:
    return automation.decide(app, states or (object_state(),), code, COMMIT, NOW)


def started(decision: automation.Decision) -> Start:
    assert isinstance(decision, Start)
    return decision


def held(decision: automation.Decision) -> Hold:
    assert isinstance(decision, Hold)
    return decision


def test_an_automated_application_that_is_out_of_sync_syncs() -> None:
    operation = started(decide(application(policy={**AUTOMATED, "syncOptions": ["PruneLast=true"]}))).operation
    assert operation.initiated_by.automated
    assert operation.retry.limit == 5
    assert operation.sync is not None
    assert (operation.sync.revision, operation.sync.prune) == (COMMIT, True)
    assert operation.sync.sync_options == ("PruneLast=true",)
    assert operation.sync.resources == ()


def test_the_retry_of_the_application_is_kept() -> None:
    assert started(decide(application(policy={**AUTOMATED, "retry": {"limit": 2}}))).operation.retry.limit == 2


HOLDS: list[tuple[dict[str, Any] | None, list[ObjectState], SyncCode]] = [
    (None, [], SyncCode.OUT_OF_SYNC),
    ({}, [], SyncCode.OUT_OF_SYNC),
    ({"automated": {"enabled": False}}, [], SyncCode.OUT_OF_SYNC),
    (AUTOMATED, [], SyncCode.SYNCED),
    (AUTOMATED, [], SyncCode.UNKNOWN),
    (AUTOMATED, [object_state(problem="no such kind"), object_state("b")], SyncCode.OUT_OF_SYNC),
    ({"automated": {}}, [object_state(synced=True), object_state("b", requires_pruning=True)], SyncCode.OUT_OF_SYNC),
]


@pytest.mark.parametrize(("policy", "states", "code"), HOLDS)
def test_nothing_is_started(policy: dict[str, Any] | None, states: list[ObjectState], code: SyncCode) -> None:
    assert held(decide(application(policy=policy), *states, code=code)).condition is None


def test_a_source_that_became_empty_deletes_nothing_unless_that_is_allowed() -> None:
    states = [object_state(requires_pruning=True)]
    refused = held(decide(application(policy=AUTOMATED), *states))
    assert refused.condition is not None
    assert refused.condition.message == f"Skipping sync attempt to {COMMIT}: auto-sync will wipe out all resources"
    allowed = {"automated": {"prune": True, "allowEmpty": True}}
    started(decide(application(policy=allowed), *states))


def test_a_revision_is_tried_once() -> None:
    app = after_sync(application(policy={"automated": {}}))
    held(decide(app))
    started(decide(after_sync(application(policy={"automated": {}}), revision=OTHER)))


def test_other_parameters_are_another_attempt() -> None:
    app = after_sync(application(policy={"automated": {}}))
    assert app.spec.source is not None
    source = msgspec.structs.replace(app.spec.source, path="elsewhere")
    started(decide(msgspec.structs.replace(app, spec=msgspec.structs.replace(app.spec, source=source))))
    branch = msgspec.structs.replace(app.spec.source, target_revision="release")
    held(decide(msgspec.structs.replace(app, spec=msgspec.structs.replace(app.spec, source=branch))))


def test_a_failed_attempt_is_told_and_not_repeated() -> None:
    for phase in ("Failed", "Error"):
        condition = held(decide(after_sync(application(policy=AUTOMATED), phase=phase))).condition
        assert condition is not None
        assert condition.message == f"Failed last sync attempt to {COMMIT}: no luck"


def test_a_running_operation_is_left_alone() -> None:
    held(decide(after_sync(application(policy=AUTOMATED), phase="Running")))


def test_drift_is_healed_at_once_and_only_where_it_is() -> None:
    app = after_sync(application(policy=AUTOMATED), ago=0)
    operation = started(decide(app, object_state("a"), object_state("b", synced=True))).operation
    assert operation.sync is not None
    assert [one.name for one in operation.sync.resources] == ["a"]
    assert operation.sync.auto_heal_attempts_count == 1


def test_the_first_few_changes_by_hand_are_undone_at_once() -> None:
    web = [{"group": "apps", "kind": "Deployment", "name": "web", "namespace": "shop"}]
    for heals in range(5):
        app = after_sync(application(policy=AUTOMATED), ago=1, heals=heals, resources=web)
        assert isinstance(decide(app), automation.Start)


def test_drift_that_comes_back_is_healed_ever_more_slowly() -> None:
    web = [{"group": "apps", "kind": "Deployment", "name": "web", "namespace": "shop"}]
    for heals, pause in ((5, 5), (6, 10), (7, 20), (25, 300)):
        app = after_sync(application(policy=AUTOMATED), ago=1, heals=heals, resources=web)
        assert held(decide(app)).after == timedelta(seconds=pause - 1)
        app = after_sync(application(policy=AUTOMATED), ago=pause, heals=heals, resources=web)
        operation = started(decide(app)).operation
        assert operation.sync is not None
        assert operation.sync.auto_heal_attempts_count == heals + 1


def test_other_drift_is_not_made_to_wait() -> None:
    other = [{"group": "", "kind": "Service", "name": "web", "namespace": "shop"}]
    started(decide(after_sync(application(policy=AUTOMATED), ago=1, heals=4, resources=other)))


def test_long_quiet_forgets_earlier_heals() -> None:
    web = [{"group": "apps", "kind": "Deployment", "name": "web", "namespace": "shop"}]
    operation = started(decide(after_sync(application(policy=AUTOMATED), ago=4000, heals=6, resources=web))).operation
    assert operation.sync is not None
    assert operation.sync.auto_heal_attempts_count == 1
