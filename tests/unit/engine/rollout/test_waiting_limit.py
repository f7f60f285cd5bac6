"""How many old sets of a canary wait for their time to go."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeGuard

import msgspec
import pytest

from holdfast.engine.rollout import scaling
from holdfast.engine.rollout.actions import Action, ChangeReplicaSet
from holdfast.engine.rollout.draft import Draft, Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EARLIER, LATER = "2026-01-01T11:59:00Z", "2026-01-01T12:00:20Z"


def taken_away(
    limit: int | None, *, stable_service: str = "new", traffic: str = "new", weight: int = 0, over: str = ""
) -> list[str]:
    """The sets that are taken away at once, of three old ones that wait; the time of `over` has come."""
    canary: dict[str, Any] = {
        "canaryService": "web-canary",
        "stableService": "web-stable",
        "trafficRouting": {"istio": {"virtualService": {"name": "web"}}},
    }
    if limit is not None:
        canary["scaleDownDelayRevisionLimit"] = limit
    weights = {"canary": {"weight": weight, "podTemplateHash": traffic}, "stable": {"weight": 100 - weight}}
    status = {"currentPodHash": "new", "stableRS": "new", "canary": {"weights": weights}}
    rollout = msgspec.convert(
        {"metadata": {"name": "web"}, "spec": {"replicas": 2, "strategy": {"canary": canary}}, "status": status},
        Rollout,
    )
    sets = tuple(
        ReplicaSet(name, name, 2, 2, 2, 2, revision, deadline={"new": "", over: EARLIER}.get(name, LATER))
        for revision, name in enumerate(("oldest", "older", "old", "new"), 1)
    )
    service = {"spec": {"selector": {"rollouts-pod-template-hash": stable_service}}}
    seen = Seen(rollout, {}, {}, NOW, sets, {"web-stable": service})
    draft = Draft(seen)
    scaling.canary(draft)
    assert [event.message.split()[3] for event in draft.events] == [one.name for one in draft.actions if _ends(one)]
    return [one.name for one in draft.actions if _ends(one)]


def _ends(action: Action) -> TypeGuard[ChangeReplicaSet]:
    return isinstance(action, ChangeReplicaSet) and action.replicas == 0


def gone(limit: int | None, **more: Any) -> set[str]:
    return set(taken_away(limit, **more))


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, set()), (3, set()), (2, {"oldest"}), (1, {"older", "oldest"}), (0, {"old", "older", "oldest"})],
)
def test_those_beyond_the_limit_go_at_once_the_oldest_first(limit: int | None, expected: set[str]) -> None:
    assert gone(limit) == expected


def test_what_still_serves_does_not_count_and_does_not_go() -> None:
    assert gone(0, stable_service="old") == {"older", "oldest"}
    assert gone(1, traffic="oldest", weight=30) == {"older"}


@pytest.mark.parametrize(("limit", "over", "expected"), [(1, "oldest", ["oldest", "older"]), (2, "old", ["old"])])
def test_one_whose_time_has_come_goes_once_and_does_not_count(limit: int, over: str, expected: list[str]) -> None:
    assert taken_away(limit, over=over) == expected
