"""Whom a member of a release group waits for, and whose abort it follows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import group
from holdfast.engine.rollout.draft import Draft, Seen
from holdfast.engine.rollout.phases import WORKLOAD_GENERATION
from holdfast.model.rollout import Rollout

RELEASES = {"stableRS": "old", "currentPodHash": "new", "currentStepIndex": 0}
ABORTED = {**RELEASES, "abort": True, "abortedAt": "2026-01-01T00:00:00Z"}
RESTS = {"stableRS": "old", "currentPodHash": "old", "currentStepIndex": 1}
LENT = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}


def member(name: str, status: dict[str, Any], *, generation: int = 1, workload: str = "") -> Rollout:
    """Whose controller has seen its first generation and, where it has one, the first of its workload."""
    metadata = {"name": name, "namespace": "shop", "generation": generation, "labels": {group.LABEL: "site"}}
    spec: dict[str, Any] = {"strategy": {"canary": {"steps": [{"setWeight": 50}]}}}
    if workload:
        metadata["annotations"] = {WORKLOAD_GENERATION: workload}
        spec["workloadRef"] = LENT
    told = {**status, "observedGeneration": "1", "workloadObservedGeneration": "1"}
    return msgspec.convert({"metadata": metadata, "spec": spec, "status": told}, Rollout)


@pytest.mark.parametrize(
    ("status", "seen", "is_waited_for"),
    [
        (RESTS, {}, False),
        (RESTS, {"generation": 2}, True),
        (RESTS, {"workload": "1"}, False),
        (RESTS, {"workload": "2"}, True),
        (RELEASES, {"workload": "1"}, True),
    ],
)
def test_a_new_template_that_nobody_has_looked_at_is_waited_for(
    status: dict[str, Any], seen: dict[str, Any], is_waited_for: bool
) -> None:
    other = member("web", status, **seen)
    assert group.waits_for(member("api", RELEASES), [other]) == (["web"] if is_waited_for else [])


@pytest.mark.parametrize(
    ("seen", "is_followed"),
    [({}, True), ({"workload": "1"}, True), ({"generation": 2}, False), ({"workload": "2"}, False)],
)
def test_the_abort_of_a_release_that_is_over_is_not_followed(seen: dict[str, Any], is_followed: bool) -> None:
    others = (member("web", ABORTED, **seen),)
    draft = Draft(Seen(member("api", RELEASES), {}, {}, datetime(2026, 1, 2, tzinfo=UTC), others=others))
    group.follow_abort(draft)
    assert draft.status.abort is is_followed
