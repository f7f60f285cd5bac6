"""Fields that a client-side apply left are taken over, and no others."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.plan import migration
from holdfast.model.kube import KubeObject
from holdfast.model.names import FIELD_MANAGER, Annotation
from holdfast.testing.builders import config_map

KUBECTL = frozenset({migration.KUBECTL})


def _entry(manager: str, *keys: str, operation: str = "Update", subresource: str = "") -> dict[str, Any]:
    entry = {
        "manager": manager,
        "operation": operation,
        "apiVersion": "v1",
        "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {f"f:{key}": {} for key in keys}},
        "time": "2026-01-02T03:04:05Z",
    }
    return {**entry, "subresource": subresource} if subresource else entry


def _live(*entries: dict[str, Any], data: dict[str, str] | None = None) -> KubeObject:
    made = config_map(data=data or {"kept": "1", "old": "2"})
    made["metadata"] = {**made["metadata"], "resourceVersion": "7", "managedFields": list(entries)}
    return made


@pytest.mark.parametrize(
    ("named", "sync_options", "managers"),
    [
        ("", [], {migration.KUBECTL}),
        (" helm ", [], {migration.KUBECTL, "helm"}),
        ("helm", ["ClientSideApplyMigration=false"], set()),
    ],
)
def test_whose_fields_are_taken_over(named: str, sync_options: list[str], managers: set[str]) -> None:
    annotations = {Annotation.CLIENT_SIDE_APPLY_MIGRATION_MANAGER.value: named}
    assert migration.managers(annotations, sync_options) == managers


@pytest.mark.parametrize(
    ("live", "options", "left_by"),
    [
        (None, "", KUBECTL),
        (_live(), "", KUBECTL),
        (_live(_entry("somebody", "old")), "", KUBECTL),
        (_live(_entry(migration.KUBECTL, "old", operation="Apply")), "", KUBECTL),
        (_live(_entry(migration.KUBECTL, "old", subresource="status")), "", KUBECTL),
        (_live(_entry(migration.KUBECTL, "old")), "", migration.NO_MANAGERS),
        (_live(_entry(migration.KUBECTL, "old")), "ClientSideApplyMigration=false", KUBECTL),
        (_live({"manager": migration.KUBECTL, "operation": "Unknown"}), "", KUBECTL),
    ],
)
def test_what_is_left_alone(live: KubeObject | None, options: str, left_by: frozenset[str]) -> None:
    desired = config_map(annotations={Annotation.SYNC_OPTIONS.value: options} if options else None)
    assert not migration.is_due(live, desired, left_by)
    assert migration.patch(live, desired, left_by) is None


def test_the_fields_become_ours_and_those_of_others_stay_theirs() -> None:
    ours = _entry(FIELD_MANAGER, "kept", operation="Apply")
    theirs = _entry("somebody", "other")
    patch = migration.patch(_live(_entry(migration.KUBECTL, "kept", "old"), ours, theirs), config_map(), KUBECTL)

    assert patch is not None
    entries, version = patch
    assert version == {"op": "replace", "path": "/metadata/resourceVersion", "value": "7"}
    held = {(one["manager"], one["operation"]): set(one["fieldsV1"]["f:data"]) for one in entries["value"]}
    assert held == {(FIELD_MANAGER, "Apply"): {"f:kept", "f:old"}, ("somebody", "Update"): {"f:other"}}


@pytest.mark.parametrize(
    ("theirs", "left"),
    [
        ((), {"kept": "1"}),
        (("old",), None),
    ],
)
def test_a_prediction_loses_what_nobody_else_holds(theirs: tuple[str, ...], left: dict[str, str] | None) -> None:
    live = _live(_entry(migration.KUBECTL, "kept", "old"), *([_entry("somebody", *theirs)] if theirs else []))
    answer = _live(_entry(FIELD_MANAGER, "kept", operation="Apply"), *live["metadata"]["managedFields"])

    predicted = migration.without_abandoned(answer, live, config_map(data={"kept": "1"}), KUBECTL)

    assert (predicted["data"] if predicted is not None else None) == left
