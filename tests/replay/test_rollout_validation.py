"""Faults of a Rollout and of its services are found where Argo Rollouts' own tests say that they are."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.analysis import foresight
from holdfast.engine.rollout import run_objects, validation
from holdfast.engine.traffic import ambassador
from holdfast.model.rollout import Rollout
from tests.replay.cases import Case
from tests.replay.rollouts_left_out import to_run

RUN = to_run("07-validation.jsonl")


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["id"])
def test_validation_agrees(case: Case) -> None:
    expected = case["expect"][0]
    if case["fn"] == "ValidateAmbassadorMapping":
        ambassador.check(case["args"][0])
        return
    if case["fn"] == "ValidateService":
        named, value = case["args"]
        service = named["Service"]
        found = validation.service_problem(
            msgspec.convert(value, Rollout), "canary.stableService", service["metadata"]["name"], service, {}
        )
        assert bool(found) == (expected["op"] == "Len")
        return
    if case["fn"] == "validateAnalysisMetrics":
        metrics, args = case["args"]
        assert bool(_faults(metrics, args)) == (expected["op"] == "NotNil")
        return
    rollout = msgspec.convert(case["args"][0], Rollout)
    if case["fn"] == "invalidMaxSurgeMaxUnavailable" or case["fn"] == "ValidateRolloutStrategyCanary":
        assert expected["value"] in next(validation.canary(rollout))
    else:
        assert bool(validation.problem(rollout)) == (expected["value"] != 0)


def _faults(metrics: Any, args: Any) -> str:
    """The recorded metrics have no provider, which is not what was asked about."""
    web = {"web": {"url": "http://metrics"}}
    given = [{"interval": "1m", "provider": web, **metric} for metric in metrics]
    return foresight.problem({"metrics": given, "args": args}, run_objects.LATER)
