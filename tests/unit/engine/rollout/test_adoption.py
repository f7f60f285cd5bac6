"""Which ReplicaSets a Rollout takes that nobody controls."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.rollout import adoption
from holdfast.model.metadata import ObjectMeta
from holdfast.runtime.store import live_object

SELECTOR = {"matchLabels": {"app": "web"}}
LABELS = {"app": "web", "rollouts-pod-template-hash": "abc"}
OWNER = {"apiVersion": "v1", "kind": "ConfigMap", "name": "a", "uid": "u"}


def left(**metadata: Any) -> dict[str, Any]:
    return {"kind": "ReplicaSet", "metadata": {"name": "web-abc", "resourceVersion": "7", "labels": LABELS, **metadata}}


@pytest.mark.parametrize(
    ("metadata", "is_taken"),
    [
        ({}, True),
        ({"ownerReferences": [OWNER]}, True),
        ({"ownerReferences": [{**OWNER, "controller": True}]}, False),
        ({"deletionTimestamp": "2026-01-01T00:00:00Z"}, False),
        ({"labels": {"app": "web"}}, False),
        ({"labels": {**LABELS, "app": "other"}}, False),
        ({"annotations": {"experiment.argoproj.io/name": "try"}}, False),
    ],
)
def test_what_a_rollout_made_and_nobody_controls_is_taken(metadata: dict[str, Any], is_taken: bool) -> None:
    assert adoption.is_to_be_taken(live_object(left(**metadata)).metadata, SELECTOR) is is_taken


@pytest.mark.parametrize(
    "selector", [{}, {"matchExpressions": [{"key": "app", "operator": "Nearly", "values": ["web"]}]}]
)
def test_a_selector_that_chooses_all_or_nothing_that_can_be_read_takes_nothing(selector: dict[str, Any]) -> None:
    assert not adoption.is_to_be_taken(live_object(left()).metadata, selector)


def test_it_is_taken_as_it_was_read_beside_its_other_owners() -> None:
    patch = adoption.taken(left(ownerReferences=[OWNER]), ObjectMeta(name="web", namespace="shop", uid="ours"))
    assert patch["metadata"]["resourceVersion"] == "7"
    assert [(one["kind"], one["uid"]) for one in patch["metadata"]["ownerReferences"]] == [
        ("ConfigMap", "u"),
        ("Rollout", "ours"),
    ]
