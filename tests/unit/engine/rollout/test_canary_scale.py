"""setCanaryScale asks for fewer pods than the share of the traffic, and the stable set follows the traffic."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import counts
from holdfast.model.rollout import Rollout

STEPS: list[dict[str, Any]] = [{"setCanaryScale": {"replicas": 1}}, {"setWeight": 34}, {"setWeight": 75}]


def count(told: int, *, index: int = 1, target: str = "new", **status: Any) -> int:
    """The pods of the canary, of four replicas, where the routers were told to send it so much."""
    canary = {
        "trafficRouting": {"istio": {"virtualService": {"name": "web"}}},
        "dynamicStableScale": True,
        "steps": STEPS,
    }
    weights = {"canary": {"weight": told, "podTemplateHash": target}, "stable": {"weight": 100 - told}}
    known = {"currentPodHash": "new", "stableRS": "old", "currentStepIndex": index, "canary": {"weights": weights}}
    spec = {"replicas": 4, "strategy": {"canary": canary}}
    rollout = msgspec.convert({"metadata": {"name": "web"}, "spec": spec, "status": {**known, **status}}, Rollout)
    return counts.routed(rollout, rollout.status.canary.weights).canary


@pytest.mark.parametrize(
    ("told", "index", "wanted"), [(0, 1, 1), (25, 1, 1), (34, 1, 1), (34, 2, 1), (75, 2, 1), (50, 1, 2), (75, 1, 3)]
)
def test_it_is_as_many_as_asked_for_once_the_weight_is_that_of_the_step(told: int, index: int, wanted: int) -> None:
    assert count(told, index=index) == wanted


def test_pods_that_traffic_still_goes_to_stay() -> None:
    assert count(34, target="earlier") == 2
    assert count(34, abort=True) == 2
    assert count(34, promoteFull=True) == 4
