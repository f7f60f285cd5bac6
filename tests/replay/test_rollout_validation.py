"""Faults of a Rollout and of its services are found where Argo Rollouts' own tests say that they are."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.engine.rollout import validation
from holdfast.engine.traffic import ambassador
from holdfast.model.rollout import Rollout
from tests.replay.cases import Case, load

NOT_OURS = {
    "Decode": "of the other program's YAML reader",
    "ValidateAppMeshResource": "App Mesh has ended",
    "ValidateRolloutReferencedResources": "App Mesh has ended",
    "validateAnalysisMetrics": "of analyses",
    "GetAnalysisTemplateWithTypeFieldPath": "of the other program's names for fields",
}


@pytest.mark.parametrize("case", load("07-validation.jsonl"), ids=lambda case: case["id"])
def test_validation_agrees(case: Case) -> None:
    if case["fn"] in NOT_OURS:
        pytest.skip(NOT_OURS[case["fn"]])
    expected = case["expect"][0]
    if case["fn"] == "ValidateAmbassadorMapping":
        if not case["args"][0]:
            pytest.skip("the mapping was not recorded")
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
    rollout = msgspec.convert(case["args"][0], Rollout)
    if case["fn"] == "invalidMaxSurgeMaxUnavailable" or case["fn"] == "ValidateRolloutStrategyCanary":
        assert expected["value"] in next(validation.canary(rollout))
    else:
        assert bool(validation.problem(rollout)) == (expected["value"] != 0)
