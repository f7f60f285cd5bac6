"""A release whose stable ReplicaSet somebody has deleted: nothing can go back to it, and nothing may wait for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout.actions import ChangeReplicaSet, PointService, SetTraffic
from holdfast.engine.rollout.decide import decide
from holdfast.engine.rollout.draft import Decision, Seen
from holdfast.engine.rollout.replica_sets import DEADLINE, ReplicaSet
from holdfast.model.rollout import Rollout

NEW_POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:3"}]}}
OLD_POD = {**NEW_POD, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}
SELECTOR = {"matchLabels": {"app": "web"}}
STEPS = [{"setWeight": 20}, {"pause": {}}]


def one_set(hash_: str, template: dict[str, Any], revision: int, *, desired: int, available: int) -> ReplicaSet:
    obj = {"metadata": {"name": f"web-{hash_}"}, "spec": {"template": template}}
    return ReplicaSet(f"web-{hash_}", hash_, desired, available, available, available, revision, obj=obj)


def decided(
    new: tuple[int, int], *, target: str, told: int = 40, dynamic: bool = True, abort: bool = False
) -> Decision:
    """Of five replicas whose canary traffic goes to `target`; `new` has pods wanted and available, an earlier update two."""
    canary = {
        "canaryService": "web-canary",
        "stableService": "web-stable",
        "trafficRouting": {"istio": {"virtualService": {"name": "web"}}},
        "dynamicStableScale": dynamic,
        "steps": STEPS,
    }
    weights = {"canary": {"weight": told, "podTemplateHash": target}, "stable": {"weight": 100 - told}}
    status = {"currentPodHash": "new", "stableRS": "gone", "currentStepIndex": 0, "abort": abort}
    obj = {
        "metadata": {"name": "web", "namespace": "shop", "generation": 3},
        "spec": {"replicas": 5, "selector": SELECTOR, "template": NEW_POD, "strategy": {"canary": canary}},
        "status": {**status, "canary": {"weights": weights}},
    }
    services = {
        name: {"spec": {"selector": {"app": "web", "rollouts-pod-template-hash": hash_}}}
        for name, hash_ in (("web-canary", target), ("web-stable", "gone"))
    }
    sets = (
        one_set("earlier", OLD_POD, 2, desired=2, available=2),
        one_set("new", NEW_POD, 3, desired=new[0], available=new[1]),
    )
    rollout = msgspec.convert(obj, Rollout)
    return decide(Seen(rollout, NEW_POD, SELECTOR, datetime(2026, 1, 1, tzinfo=UTC), sets, services))


def traffic(decision: Decision) -> tuple[str, int]:
    wanted = next(one.wanted for one in decision.actions if isinstance(one, SetTraffic))
    return wanted.canary_hash, wanted.weight


def wanted_pods(decision: Decision, hash_: str) -> list[int]:
    changes = [one for one in decision.actions if isinstance(one, ChangeReplicaSet) and one.name == f"web-{hash_}"]
    return [one.replicas for one in changes if one.replicas is not None]


@pytest.mark.parametrize("dynamic", [True, False])
@pytest.mark.parametrize(
    ("new", "told", "expected"),
    [
        ((0, 0), 40, ("earlier", 40)),
        ((2, 1), 40, ("earlier", 40)),
        ((2, 2), 40, ("new", 40)),
        ((2, 2), 100, ("earlier", 100)),
        ((5, 5), 100, ("new", 100)),
        ((1, 1), 20, ("new", 20)),
    ],
)
def test_new_pods_take_the_traffic_of_an_earlier_update_when_they_can_carry_all_of_it(
    new: tuple[int, int], told: int, expected: tuple[str, int], dynamic: bool
) -> None:
    assert traffic(decided(new, target="earlier", told=told, dynamic=dynamic)) == expected


def test_the_service_of_the_canary_moves_with_the_traffic() -> None:
    moved = [one for one in decided((2, 2), target="earlier").actions if isinstance(one, PointService)]
    assert [(one.name, one.hash) for one in moved] == [("web-canary", "new")]


@pytest.mark.parametrize("dynamic", [True, False])
@pytest.mark.parametrize("told", [0, 20, 100])
def test_the_new_set_gets_all_pods(told: int, dynamic: bool) -> None:
    assert wanted_pods(decided((0, 0), target="earlier", told=told, dynamic=dynamic), "new") == [5]


@pytest.mark.parametrize("dynamic", [True, False])
@pytest.mark.parametrize(("new", "weight"), [((5, 0), 0), ((5, 1), 20), ((5, 3), 60), ((5, 5), 100)])
def test_all_traffic_that_it_can_carry_goes_to_it(new: tuple[int, int], weight: int, dynamic: bool) -> None:
    assert traffic(decided(new, target="new", told=0, dynamic=dynamic)) == ("new", weight)


@pytest.mark.parametrize("target", ["earlier", "new"])
def test_pods_of_an_earlier_update_go_only_a_while_after_the_traffic(target: str) -> None:
    decision = decided((2, 2), target=target)
    assert wanted_pods(decision, "earlier") == []
    dated = [one for one in decision.actions if isinstance(one, ChangeReplicaSet) and one.annotations.get(DEADLINE)]
    assert [one.name for one in dated] == ([] if target == "earlier" else ["web-earlier"])


@pytest.mark.parametrize("dynamic", [True, False])
def test_a_step_does_not_wait_for_a_weight_that_cannot_fall(dynamic: bool) -> None:
    decision = decided((5, 5), target="new", told=100, dynamic=dynamic)
    assert traffic(decision) == ("new", 100)
    assert decision.status.current_step_index == 1


@pytest.mark.parametrize("dynamic", [True, False])
def test_an_abort_sends_no_traffic_to_a_set_that_is_gone(dynamic: bool) -> None:
    assert traffic(decided((2, 2), target="new", dynamic=dynamic, abort=True)) == ("new", 40)
