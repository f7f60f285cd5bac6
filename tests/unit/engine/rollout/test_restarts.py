"""How many pods a restart takes away at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import restarts
from holdfast.engine.rollout.actions import DeletePod
from holdfast.engine.rollout.draft import Draft, Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def pod(number: int, *, ready: bool = True, going: bool = False) -> KubeObject:
    metadata: dict[str, Any] = {
        "name": f"web-{number}",
        "uid": str(number),
        "creationTimestamp": "2026-01-01T10:00:00Z",
    }
    if going:
        metadata["deletionTimestamp"] = "2026-01-01T12:00:00Z"
    return {"metadata": metadata, "status": {"conditions": [{"type": "Ready", "status": str(ready)}]}}


@pytest.mark.parametrize(
    ("replicas", "pods", "taken"),
    [
        (4, [pod(one) for one in range(4)], 1),
        (4, [pod(0, going=True), *(pod(one) for one in range(1, 4))], 0),
        (4, [pod(0, ready=False), *(pod(one) for one in range(1, 4))], 0),
        (5, [pod(one) for one in range(4)], 0),
    ],
    ids=["all serve", "one goes", "one does not serve though the counts say so", "a scaling is on its way"],
)
def test_as_many_as_may_be_missing(replicas: int, pods: list[KubeObject], taken: int) -> None:
    spec: dict[str, Any] = {"replicas": replicas, "restartAt": "2026-01-01T11:00:00Z"}
    spec["strategy"] = {"canary": {"maxUnavailable": 1}}
    rollout = msgspec.convert({"metadata": {"name": "web"}, "spec": spec}, Rollout)
    one = ReplicaSet(name="web-1", hash="1", desired=4, current=4, ready=4, available=4)
    draft = Draft(Seen(rollout=rollout, template={}, selector={}, now=NOW, sets=(one,), pods=tuple(pods)))
    restarts.proceed(draft)
    assert sum(isinstance(action, DeletePod) for action in draft.actions) == taken


@pytest.mark.parametrize(("scaled_to", "taken"), [(4, 2), (3, 1), (2, 0)])
def test_what_the_same_decision_scales_away_is_not_spared_twice(scaled_to: int, taken: int) -> None:
    spec: dict[str, Any] = {"replicas": 4, "restartAt": "2026-01-01T11:00:00Z"}
    spec["strategy"] = {"canary": {"maxUnavailable": 2}}
    rollout = msgspec.convert({"metadata": {"name": "web"}, "spec": spec}, Rollout)
    one = ReplicaSet(name="web-1", hash="1", desired=4, current=4, ready=4, available=4)
    pods = tuple(pod(number) for number in range(4))
    draft = Draft(Seen(rollout=rollout, template={}, selector={}, now=NOW, sets=(one,), pods=pods))
    draft.scale(one, scaled_to)
    restarts.proceed(draft)
    assert sum(isinstance(action, DeletePod) for action in draft.actions) == taken
