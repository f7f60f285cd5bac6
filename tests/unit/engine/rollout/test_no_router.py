"""Traffic that nobody shares proves nothing."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import validation
from holdfast.model.rollout import Rollout


@pytest.mark.parametrize(
    ("routing", "is_refused"),
    [
        ({}, True),
        ({"maxTrafficWeight": 1000}, True),
        ({"managedRoutes": [{"name": "beta"}]}, True),
        ({"plugins": {}}, True),
        ({"smi": {}}, False),
        ({"plugins": {"argoproj-labs/gatewayAPI": {"httpRoute": "web"}}}, False),
    ],
)
def test_traffic_routing_without_a_router_is_refused(routing: dict[str, Any], is_refused: bool) -> None:
    canary = {"canaryService": "c", "stableService": "s", "steps": [{"setWeight": 10}], "trafficRouting": routing}
    obj = {"spec": {"selector": {"matchLabels": {"app": "web"}}, "strategy": {"canary": canary}}}
    said = "spec.strategy.canary.trafficRouting: Invalid value: it names no router"
    assert list(validation.problems(msgspec.convert(obj, Rollout))) == ([said] if is_refused else [])
