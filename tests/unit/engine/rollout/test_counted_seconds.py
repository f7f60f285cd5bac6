"""minReadySeconds that changes during a release: pods that were counted by the old one prove nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout.actions import ChangeReplicaSet, PointService
from holdfast.engine.rollout.decide import decide
from holdfast.engine.rollout.draft import Decision, Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout

NOW = datetime(2026, 2, 1, tzinfo=UTC)
SELECTOR = {"matchLabels": {"app": "web"}}


def pod(version: int) -> dict[str, Any]:
    return {
        "metadata": {"labels": {"app": "web"}},
        "spec": {"containers": [{"name": "web", "image": f"web:{version}"}]},
    }


def one_set(hash_: str, version: int, counted: int) -> ReplicaSet:
    obj = {"metadata": {"name": f"web-{hash_}"}, "spec": {"template": pod(version), "minReadySeconds": counted}}
    return ReplicaSet(f"web-{hash_}", hash_, 2, 2, 2, 2, version, created=f"2026-01-0{version}", obj=obj)


def decided(strategy: dict[str, Any], *, counted: int, wanted: int, **status: Any) -> Decision:
    """Of a release whose pods are all there and available by `counted`."""
    obj = {
        "metadata": {"name": "web", "namespace": "shop", "generation": 2},
        "spec": {
            "replicas": 2,
            "minReadySeconds": wanted,
            "selector": SELECTOR,
            "template": pod(2),
            "strategy": strategy,
        },
        "status": {"currentPodHash": "new", "stableRS": "old", **status},
    }
    service = {"spec": {"selector": {"app": "web", HASH_LABEL: "old"}}}
    sets = (one_set("old", 1, 0), one_set("new", 2, counted))
    return decide(Seen(msgspec.convert(obj, Rollout), pod(2), SELECTOR, NOW, sets, {"web-active": service}))


@pytest.mark.parametrize(("counted", "stable"), [(0, "old"), (15, "new")])
def test_a_canary_is_promoted_by_pods_that_were_ready_for_as_long_as_is_asked(counted: int, stable: str) -> None:
    decision = decided({"canary": {}}, counted=counted, wanted=15)
    assert decision.status.stable_rs == stable
    changed = [one.min_ready_seconds for one in decision.actions if isinstance(one, ChangeReplicaSet)]
    assert (15 in changed) is (stable == "old")


@pytest.mark.parametrize(("counted", "switched"), [(0, []), (15, ["new"])])
def test_and_a_blue_green_release_switches_by_them(counted: int, switched: list[str]) -> None:
    active = {"blueGreen": {"activeSelector": "old"}}
    decision = decided({"blueGreen": {"activeService": "web-active"}}, counted=counted, wanted=15, **active)
    assert [one.hash for one in decision.actions if isinstance(one, PointService)] == switched
