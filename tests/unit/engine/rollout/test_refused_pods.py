"""Pods that a quota or an admission does not let be made: the Rollout says so as its ReplicaSets do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout.decide import decide
from holdfast.engine.rollout.draft import Decision, Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout

TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}
OLD = {**TEMPLATE, "spec": {"containers": [{"name": "web", "image": "web:1"}]}}
SELECTOR = {"matchLabels": {"app": "web"}}
QUOTA = 'pods "web-new-x" is forbidden: exceeded quota: small'
WEBHOOK = "admission webhook denied the request"


def one_set(hash_: str, template: dict[str, Any], revision: int, refusal: str) -> ReplicaSet:
    failure = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": refusal}
    status = {"conditions": [failure]} if refusal else {}
    obj = {"metadata": {"name": f"web-{hash_}"}, "spec": {"template": template}, "status": status}
    return ReplicaSet(f"web-{hash_}", hash_, 2, 1, 1, 1, revision, obj=obj)


def decided(new: str = "", old: str = "", *, before: str = "", problem: str = "") -> Decision:
    written = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": before}
    status: dict[str, Any] = {"currentPodHash": "new", "stableRS": "old"}
    status["conditions"] = [written] if before else []
    obj = {
        "metadata": {"name": "web", "namespace": "shop", "generation": 3},
        "spec": {"replicas": 2, "selector": SELECTOR, "template": TEMPLATE, "strategy": {"canary": {}}},
        "status": status,
    }
    sets = (one_set("old", OLD, 1, old), one_set("new", TEMPLATE, 2, new))
    rollout = msgspec.convert(obj, Rollout)
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return decide(Seen(rollout, TEMPLATE, SELECTOR, now, sets, problem=problem))


def told(decision: Decision) -> list[tuple[str, str, str]]:
    conditions = [one for one in decision.status.conditions if one.type == "ReplicaFailure"]
    return [(one.status, one.reason, one.message) for one in conditions]


@pytest.mark.parametrize(
    ("new", "old", "expected"),
    [
        ("", "", []),
        (QUOTA, "", [("True", "FailedCreate", QUOTA)]),
        ("", WEBHOOK, [("True", "FailedCreate", WEBHOOK)]),
        (QUOTA, WEBHOOK, [("True", "FailedCreate", QUOTA)]),
    ],
)
def test_the_refusal_of_the_new_set_comes_first(new: str, old: str, expected: list[tuple[str, str, str]]) -> None:
    assert told(decided(new, old)) == expected
    assert told(decided(new, old, problem="a service is missing")) == expected


def test_it_goes_when_the_pods_come() -> None:
    assert told(decided(before=QUOTA)) == []


def test_a_person_reads_why_the_pods_are_waited_for() -> None:
    assert decided(QUOTA).status.message == f"more replicas need to be updated: {QUOTA}"
    assert decided().status.message == "more replicas need to be updated"
