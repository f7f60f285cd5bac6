"""A first deployment that the next version comes into: what it has brought up goes on serving."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from holdfast.engine.rollout.actions import ChangeReplicaSet, PointService
from holdfast.engine.rollout.decide import decide
from holdfast.engine.rollout.draft import Decision, Seen
from holdfast.engine.rollout.history import PROMOTED
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout

NEW_POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}
ROUTED = {
    "canaryService": "web-canary",
    "stableService": "web-stable",
    "trafficRouting": {"istio": {"virtualService": {"name": "web"}}},
}


def one_set(hash_: str, *, desired: int, available: int, revision: int, promoted: str = "") -> ReplicaSet:
    template = NEW_POD if hash_ == "new" else {**NEW_POD, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
    annotations = {PROMOTED: promoted} if promoted else {}
    obj = {"metadata": {"name": f"web-{hash_}", "annotations": annotations}, "spec": {"template": template}}
    return ReplicaSet(
        f"web-{hash_}",
        hash_,
        desired,
        available,
        available,
        available,
        revision,
        created=f"2026-01-0{revision}",
        obj=obj,
    )


def decided(*sets: ReplicaSet, selected: str, canary: dict[str, Any] | None = None, **status: Any) -> Decision:
    """Of a Rollout of five replicas with the new template; nothing of the first deployment is in its status."""
    strategy = {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}], **(ROUTED if canary is None else canary)}}
    selector = {"matchLabels": {"app": "web"}}
    obj = {
        "metadata": {"name": "web", "namespace": "shop", "generation": 2},
        "spec": {"replicas": 5, "selector": selector, "template": NEW_POD, "strategy": strategy},
        "status": status,
    }
    services = {
        name: {"spec": {"selector": {"app": "web", "rollouts-pod-template-hash": selected}}}
        for name in ("web-canary", "web-stable")
    }
    now = datetime(2026, 2, 1, tzinfo=UTC)
    return decide(Seen(msgspec.convert(obj, Rollout), NEW_POD, selector, now, sets, services))


def scaled(decision: Decision) -> dict[str, int]:
    return {
        one.name: one.replicas
        for one in decision.actions
        if isinstance(one, ChangeReplicaSet) and one.replicas is not None
    }


def pointed(decision: Decision) -> dict[str, str]:
    return {one.name: one.hash for one in decision.actions if isinstance(one, PointService)}


def test_a_set_that_is_marked_as_promoted_is_stable_though_the_status_of_it_was_lost() -> None:
    old = one_set("old", desired=5, available=5, revision=1, promoted="2026-01-01T00:00:00Z")
    decision = decided(old, one_set("new", desired=0, available=0, revision=2), selected="old")
    assert (decision.status.stable_rs, decision.status.current_step_index) == ("old", 0)
    assert scaled(decision) == {"web-new": 1}


def test_pods_that_the_stable_service_selects_stay_until_as_many_serve_as_are_promised() -> None:
    old = one_set("old", desired=5, available=5, revision=1)
    assert scaled(decided(old, selected="old")) == {}, "the new set is about to be made"
    decision = decided(old, one_set("new", desired=0, available=0, revision=2), selected="old")
    assert scaled(decision) == {"web-new": 5}
    assert not pointed(decision)


def test_the_stable_service_moves_when_enough_serve_and_the_old_pods_go_after_that() -> None:
    old, new = one_set("old", desired=5, available=5, revision=1), one_set("new", desired=5, available=4, revision=2)
    status: dict[str, Any] = {"currentPodHash": "new", "stableRS": "new"}
    moved = decided(old, new, selected="old", **status)
    assert pointed(moved)["web-stable"] == "new"
    assert scaled(moved) == {}
    after = decided(old, new, selected="new", canary={**ROUTED, "scaleDownDelaySeconds": 0}, **status)
    assert scaled(after) == {"web-old": 0}


def test_the_stable_service_does_not_wait_for_pods_where_those_that_it_selects_do_not_serve() -> None:
    old, new = one_set("old", desired=5, available=1, revision=1), one_set("new", desired=5, available=1, revision=2)
    decision = decided(old, new, selected="old", currentPodHash="new", stableRS="new")
    assert pointed(decision)["web-stable"] == "new"


def test_an_aborted_canary_stays_while_the_stable_service_selects_it() -> None:
    """A promotion that was cut short has moved the service already, and the old pods have gone after their traffic."""
    old, new = one_set("old", desired=5, available=0, revision=1), one_set("new", desired=5, available=5, revision=2)
    new = msgspec.structs.replace(new, deadline="2026-01-31T00:00:00Z")
    aborted = {"currentPodHash": "new", "stableRS": "old", "abort": True}
    decision = decided(old, new, selected="new", canary={**ROUTED, "steps": []}, **aborted)
    assert scaled(decision) == {}
    assert not pointed(decision)
