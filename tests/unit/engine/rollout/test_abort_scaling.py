"""When pods of an aborted canary go whose stable pods had followed the traffic: after the routers do without them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from holdfast.engine.lang import instants
from holdfast.engine.rollout import replica_sets, scaling
from holdfast.engine.rollout.actions import ChangeReplicaSet
from holdfast.engine.rollout.draft import Draft, Seen
from holdfast.engine.rollout.replica_sets import ReplicaSet
from holdfast.model.rollout import Rollout, TrafficWeights

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = instants.stamp(NOW + scaling.ROUTERS_TAKE)
PAST = instants.stamp(NOW - timedelta(seconds=1))
STEPS = [{"setWeight": 30}, {"pause": {}}]


def weights(canary: int) -> dict[str, Any]:
    return {"canary": {"weight": canary, "podTemplateHash": "b"}, "stable": {"weight": 100 - canary}}


def changes(*, written: int, told: int, deadline: str = "", canary: int = 10) -> dict[str, Any]:
    """What becomes of the canary's set after an abort: `written` is the weight in status, `told` what the routers are told
    now."""
    strategy = {
        "canaryService": "c",
        "stableService": "s",
        "dynamicStableScale": True,
        "abortScaleDownDelaySeconds": 40,
        "steps": STEPS,
        "trafficRouting": {"istio": {"virtualService": {"name": "v"}}},
    }
    status = {"abort": True, "currentPodHash": "b", "stableRS": "a", "canary": {"weights": weights(written)}}
    obj = {"spec": {"replicas": 10, "strategy": {"canary": strategy}}, "status": status}
    sets = (
        ReplicaSet("a", "a", desired=10, current=10, ready=10, available=10),
        ReplicaSet("b", "b", desired=canary, current=canary, ready=canary, available=canary, deadline=deadline),
    )
    draft = Draft(Seen(msgspec.convert(obj, Rollout), {}, {}, NOW, sets))
    draft.set_canary(weights=msgspec.convert(weights(told), TrafficWeights))
    scaling.canary(draft)
    found: dict[str, Any] = {}
    for action in draft.actions:
        assert isinstance(action, ChangeReplicaSet)
        if action.name == "b":
            found |= {} if action.replicas is None else {"replicas": action.replicas}
            found |= {key: value for key, value in action.annotations.items() if key == replica_sets.DEADLINE}
    return found


@pytest.mark.parametrize(
    ("written", "told", "deadline", "expected"),
    [
        # The stable pods have not come yet: all of the canary's are needed.
        (100, 100, "", {}),
        # The weight falls now; once that is written down its pods wait until the routers know.
        (100, 70, "", {}),
        (70, 70, "", {replica_sets.DEADLINE: LATER}),
        # With each further fall they wait anew.
        (70, 40, PAST, {replica_sets.DEADLINE: LATER}),
        (70, 70, LATER, {}),
        (70, 70, PAST, {"replicas": 7, replica_sets.DEADLINE: None}),
        # The last of the weight goes: from then on it is what was asked for that counts.
        (70, 0, PAST, {replica_sets.DEADLINE: None}),
        (0, 0, "", {replica_sets.DEADLINE: instants.stamp(NOW + timedelta(seconds=40))}),
        (0, 0, PAST, {"replicas": 0, replica_sets.DEADLINE: None}),
    ],
)
def test_pods_of_an_aborted_canary_go_once_the_routers_do_without_them(
    written: int, told: int, deadline: str, expected: dict[str, Any]
) -> None:
    assert changes(written=written, told=told, deadline=deadline) == expected
