"""Which pods of a canary without a router may go."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import counts
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout


def basic(canary: ReplicaSet, stable: ReplicaSet, *others: ReplicaSet, **status: Any) -> dict[str, int]:
    """How many pods each set of a Rollout of six is to have, one of which need not serve."""
    strategy = {"steps": [{"setWeight": 34}], "maxSurge": 1, "maxUnavailable": 1}
    told = {"currentStepIndex": 0, "currentPodHash": canary.hash, "stableRS": stable.hash, **status}
    rollout = msgspec.convert({"spec": {"replicas": 6, "strategy": {"canary": strategy}}, "status": told}, Rollout)
    goal = counts.basic(rollout, canary, stable, others)
    return {canary.name: goal.canary, stable.name: goal.stable, **counts.older(rollout, canary, stable, others)}


@pytest.mark.parametrize(
    ("ready", "available", "left"),
    [
        (6, 6, 5),
        # Of those that are not ready, as many as the step does not want.
        (0, 0, 4),
        (4, 4, 4),
        # Ready for less than minReadySeconds: requests go to them already.
        (6, 0, 6),
        (5, 0, 5),
        (6, 5, 6),
    ],
)
def test_a_pod_that_is_ready_and_not_yet_available_is_not_taken_for_one_that_does_not_serve(
    ready: int, available: int, left: int
) -> None:
    stable = ReplicaSet("a", "a", desired=6, current=6, ready=ready, available=available)
    assert basic(ReplicaSet("b", "b"), stable)["a"] == left


def test_pods_of_an_unfinished_update_stay_as_long_as_they_alone_serve() -> None:
    """The stable set was promoted at no replicas, and its pods never come up; the update after that was aborted."""
    stable = ReplicaSet("a", "a", desired=3, current=3)
    older = ReplicaSet("b", "b", desired=4, current=4, ready=4, available=4)
    assert basic(ReplicaSet("c", "c"), stable, older, abort=True) == {"a": 3, "b": 4, "c": 0}


def test_a_full_promotion_gets_past_stable_pods_that_never_serve() -> None:
    stable = ReplicaSet("a", "a", desired=3, current=3)
    older = ReplicaSet("b", "b", desired=4, current=4, ready=4, available=4)
    assert basic(ReplicaSet("c", "c"), stable, older, promoteFull=True, currentStepIndex=1)["a"] == 0
