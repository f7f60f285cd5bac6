"""Faults of a Rollout and of its services are found where Argo Rollouts' own tests say that they are."""

from __future__ import annotations

import msgspec
import pytest

from holdfast.engine.rollout import validation
from holdfast.engine.traffic import ambassador, istio
from holdfast.engine.traffic.changes import RoutingProblem
from holdfast.model.rollout import Rollout
from holdfast.model.traffic import IstioVirtualService, TCPRoute, TLSRoute
from holdfast.model.wanted_traffic import WantedTraffic
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


@pytest.mark.parametrize("case", load("07-istio-calls.jsonl"), ids=lambda case: case["id"])
def test_istio_routes_are_accepted_or_refused_alike(case: Case) -> None:
    if case["fn"] not in ("reconcileVirtualService", "ValidateHTTPRoutes") or "Experiment" in case["id"]:
        pytest.skip("a call of the other program's client, whose effect was not recorded")
    if case["fn"] == "ValidateHTTPRoutes":
        rollout, names, routes = case["args"]
        obj = {"spec": {"http": routes}}
        tls, tcp, weight = [], [], 0
    else:
        rollout = case["recv"]["rollout"]
        obj, names, tls, tcp, weight = case["args"]
    refused = case["expect"][0]["op"] == "EqualError"
    shares = shares_of(rollout, weight)
    named = IstioVirtualService(
        name="vsvc",
        routes=tuple(names or ()),
        tls_routes=tuple(msgspec.convert(route, TLSRoute) for route in tls or ()),
        tcp_routes=tuple(msgspec.convert(route, TCPRoute) for route in tcp or ()),
    )
    if refused:
        with pytest.raises(RoutingProblem):
            istio.routed(obj, named, shares)
        return
    found = istio.routed(obj, named, shares)
    for before, after in zip(obj["spec"].get("http", []), found["spec"].get("http", []), strict=True):
        changed = [entry.get("weight") for entry in after["route"]]
        assert changed == ([100 - weight, weight] if before["name"] in (names or ()) else [100, 0])


def shares_of(rollout: Case, weight: int) -> istio.Shares:
    canary = rollout["spec"]["strategy"]["canary"]
    rule = canary["trafficRouting"]["istio"].get("destinationRule") or {}
    wanted = WantedTraffic(canary.get("canaryService", ""), canary.get("stableService", ""), weight)
    return istio.Shares(wanted, rule.get("canarySubsetName", ""), rule.get("stableSubsetName", ""))


@pytest.mark.parametrize("case", load("07-istio-weights.jsonl"), ids=lambda case: case["id"])
def test_istio_weights_agree(case: Case) -> None:
    obj, _, tls, _, weight = case["args"]
    named = IstioVirtualService(name="vsvc", tls_routes=tuple(msgspec.convert(route, TLSRoute) for route in tls))
    found = istio.routed(obj, named, shares_of(case["rollout"], weight))
    for route, expected in zip(found["spec"]["tls"], case["expected"], strict=True):
        _, _, canary, stable = expected["args"]
        assert [entry["weight"] for entry in route["route"]] == [stable, canary]
