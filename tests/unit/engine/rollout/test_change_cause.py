"""Annotations that a Rollout gets without a release: its current ReplicaSet carries them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from holdfast.engine.rollout.actions import ChangeReplicaSet
from holdfast.engine.rollout.decide import decide
from holdfast.engine.rollout.draft import Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout

CAUSE = "kubernetes.io/change-cause"
POD = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web:2"}]}}
SELECTOR = {"matchLabels": {"app": "web"}}


def one_set(hash_: str, revision: int, annotations: dict[str, str]) -> ReplicaSet:
    image = "web:2" if hash_ == "new" else "web:1"
    template = {**POD, "spec": {"containers": [{"name": "web", "image": image}]}}
    obj = {"metadata": {"name": f"web-{hash_}", "annotations": annotations}, "spec": {"template": template}}
    return ReplicaSet(f"web-{hash_}", hash_, 2, 2, 2, 2, revision, obj=obj)


@pytest.mark.parametrize(
    ("of_rollout", "of_set", "changed"),
    [
        ({CAUSE: "fixes the cart"}, {}, {CAUSE: "fixes the cart"}),
        ({CAUSE: "fixes the cart"}, {CAUSE: "first"}, {CAUSE: "fixes the cart"}),
        ({CAUSE: "fixes the cart"}, {CAUSE: "fixes the cart"}, {}),
        ({}, {CAUSE: "first"}, {}),
        (
            {
                "kubectl.kubernetes.io/last-applied-configuration": "{}",
                "rollout.argoproj.io/revision": "2",
                "scale-down-deadline": "2026-01-01T00:00:00Z",
                "holdfast.dev/promoted": "2026-01-01T00:00:00Z",
            },
            {},
            {},
        ),
    ],
)
def test_the_current_set_has_the_annotations_of_its_rollout(
    of_rollout: dict[str, str], of_set: dict[str, str], changed: dict[str, str]
) -> None:
    obj = {
        "metadata": {"name": "web", "namespace": "shop", "annotations": of_rollout},
        "spec": {"replicas": 2, "selector": SELECTOR, "template": POD, "strategy": {"canary": {}}},
        "status": {"currentPodHash": "new", "stableRS": "new"},
    }
    sets = (one_set("old", 1, {}), one_set("new", 2, of_set))
    decision = decide(Seen(msgspec.convert(obj, Rollout), POD, SELECTOR, datetime(2026, 2, 1, tzinfo=UTC), sets))
    found = {
        (one.name, key): value
        for one in decision.actions
        if isinstance(one, ChangeReplicaSet)
        for key, value in (one.annotations or {}).items()
        if key not in ("rollout.argoproj.io/desired-replicas",)
    }
    wanted = {("web-new", key): value for key, value in changed.items()}
    assert {place: found[place] for place in found if place[1] in {*of_rollout, CAUSE}} == wanted
