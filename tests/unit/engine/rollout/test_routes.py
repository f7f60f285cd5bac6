"""How much of the traffic a canary gets that has not all of its pods."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import routes
from holdfast.engine.rollout.draft import Draft, Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout

SET_50: dict[str, Any] = {"setWeight": 50}
PAUSE: dict[str, Any] = {"pause": {}}


def scaled(**said: Any) -> dict[str, Any]:
    return {"setCanaryScale": said}


def weight(steps: list[dict[str, Any]], at: int, *, asked: int, ready: int, told: int = 50) -> int:
    """Of a canary of 20 replicas at a step, whose routers have been told a weight."""
    canary = {
        "canaryService": "c",
        "stableService": "s",
        "steps": steps,
        "trafficRouting": {"istio": {"virtualService": {"name": "v"}}},
    }
    weights = {"canary": {"weight": told, "podTemplateHash": "b"}, "stable": {"weight": 100 - told}}
    status = {
        "currentPodHash": "b",
        "stableRS": "a",
        "currentStepIndex": at,
        "canary": {"weights": weights},
    }
    obj = {"spec": {"replicas": 20, "strategy": {"canary": canary}}, "status": status}
    sets = (
        ReplicaSet("a", "a", desired=20, current=20, ready=20, available=20),
        ReplicaSet("b", "b", desired=asked, current=asked, ready=ready, available=ready),
    )
    seen = Seen(msgspec.convert(obj, Rollout), {}, {}, datetime(2026, 1, 1, tzinfo=UTC), sets)
    return routes.weight(Draft(seen))


@pytest.mark.parametrize(
    ("steps", "at", "asked", "ready", "expected"),
    [
        ([SET_50, PAUSE], 1, 10, 10, 50),
        ([SET_50, PAUSE], 1, 10, 1, 5),
        # As many as the weight needs: no less protected than without the step.
        ([scaled(replicas=10), SET_50, PAUSE], 2, 10, 1, 5),
        ([scaled(replicas=10), SET_50, PAUSE], 2, 10, 10, 50),
        ([scaled(weight=50), SET_50, PAUSE], 2, 10, 1, 5),
        # More than it needs: what is left may carry all of it.
        ([scaled(replicas=15), SET_50, PAUSE], 2, 15, 11, 50),
        ([scaled(weight=75), SET_50, PAUSE], 2, 15, 4, 20),
        # Fewer on purpose: each is meant to carry more.
        ([scaled(replicas=2), SET_50, PAUSE], 2, 2, 2, 50),
        ([scaled(replicas=2), SET_50, PAUSE], 2, 2, 1, 25),
        ([scaled(weight=20), SET_50, PAUSE], 2, 4, 1, 13),
        ([scaled(replicas=4), SET_50, PAUSE], 2, 4, 0, 0),
        # To ask for more pods takes no traffic from those that are there.
        ([scaled(replicas=2), SET_50, scaled(replicas=10)], 2, 10, 2, 50),
        ([scaled(replicas=2), SET_50, scaled(replicas=10)], 2, 10, 1, 25),
        ([scaled(replicas=2), SET_50, scaled(matchTrafficWeight=True)], 2, 10, 2, 50),
        ([SET_50, scaled(replicas=2), PAUSE], 2, 2, 1, 25),
    ],
)
def test_a_canary_gets_no_more_than_its_pods_were_meant_to_carry(
    steps: list[dict[str, Any]], at: int, asked: int, ready: int, expected: int
) -> None:
    assert weight(steps, at, asked=asked, ready=ready) == expected
