"""How many pods a restart takes away at once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import restarts
from holdfast.engine.rollout.actions import DeletePod, SetUpdateStrategy
from holdfast.engine.rollout.draft import Draft, Seen
from holdfast.engine.rollout.in_place.workload import InPlace, Pod
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


def in_place(kind: str, partition: int, *, most: int = 1, told: int = 3) -> Draft:
    """Three pods, all of which serve; the last one is not yet of the newest revision."""
    spec: dict[str, Any] = {"restartAt": "2026-01-01T11:00:00Z", "strategy": {"canary": {"maxUnavailable": most}}}
    rollout = msgspec.convert({"metadata": {"name": "web"}, "spec": spec}, Rollout)
    pods = [
        Pod(name=f"web-{number}", hash="old" if number == 2 else "new", uid=str(number), ordinal=number, available=True)
        for number in range(3)
    ]
    it = InPlace(
        kind, "web", 3, wanted="new", update="new", current="old", partition=partition, told=told, pods=tuple(pods)
    )
    one = ReplicaSet(name="web-1", hash="1", desired=3, current=3, ready=3, available=3)
    seen = Seen(rollout=rollout, template={}, selector={}, now=NOW, sets=(one,), in_place=it)
    return Draft(msgspec.structs.replace(seen, pods=tuple(pod(number) for number in range(3))))


@pytest.mark.parametrize(
    ("partition", "decided", "most", "taken"),
    [(3, 3, 1, ["web-0"]), (2, 2, 1, []), (3, 2, 1, []), (2, 2, 2, ["web-0"])],
    ids=["nothing goes", "one is about to go", "one goes by this decision", "two may go"],
)
def test_what_a_stateful_set_is_about_to_replace_is_not_spared_twice(
    partition: int, decided: int, most: int, taken: list[str]
) -> None:
    draft = in_place("StatefulSet", partition, most=most)
    if decided != partition:
        draft.act(SetUpdateStrategy({"type": "RollingUpdate", "rollingUpdate": {"partition": decided}}))
    restarts.proceed(draft)
    assert [action.name for action in draft.actions if isinstance(action, DeletePod)] == taken


def test_what_the_same_decision_deletes_is_not_spared_twice() -> None:
    draft = in_place("DaemonSet", 0)
    draft.act(DeletePod("web-1", "1"))
    restarts.proceed(draft)
    assert [action.name for action in draft.actions if isinstance(action, DeletePod)] == ["web-1"]


@pytest.mark.parametrize(("told", "taken"), [(3, 1), (2, 0)])
def test_the_controller_of_the_pods_is_believed_that_one_is_away(told: int, taken: int) -> None:
    draft = in_place("DaemonSet", 0, told=told)
    restarts.proceed(draft)
    assert sum(isinstance(action, DeletePod) for action in draft.actions) == taken
