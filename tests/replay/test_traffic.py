"""Routers are told what Argo Rollouts' own tests say that they are."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from holdfast.engine.kube import merge_patch
from holdfast.engine.traffic import istio, nginx
from holdfast.engine.traffic.changes import RoutingProblem, owner_reference
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from holdfast.model.traffic import IstioVirtualService, NginxTrafficRouting, TLSRoute
from holdfast.model.wanted_traffic import WantedTraffic
from tests.replay.cases import Case, load

CLIENT = "of the other program's client, whose objects were not recorded"
NOT_OURS = {
    "ingressutil.NewIngressWrapper": "of the other program's reader of two API versions",
    "NewReconciler": "of the other program's construction",
    "Type": "of the other program's names for routers",
    "Decode": "of the other program's YAML reader",
    "k8serrors.IsNotFound": "of the other program's client",
    "k8serrors.IsServerTimeout": "of the other program's client",
}


def routing_of(rollout: Rollout) -> Any:
    assert rollout.spec.strategy.canary is not None
    return rollout.spec.strategy.canary.traffic_routing


def wanted_of(rollout: Rollout, weight: int) -> WantedTraffic:
    canary = rollout.spec.strategy.canary
    assert canary is not None
    return WantedTraffic(canary.canary_service, canary.stable_service, weight)


def made(case: Case, reference: Any) -> Any:
    """The recorded call that a reference stands for."""
    return next(step for step in case["setup"] if step["id"] == reference["$ref"])


def modern(ingress: Any) -> KubeObject:
    """The API version of the serviceName has ended: the same Ingress in the one that is served."""
    if isinstance(ingress, dict) and "serviceName" in ingress:
        return {"service": {"name": ingress["serviceName"], "port": {"number": ingress["servicePort"]}}}
    if isinstance(ingress, dict):
        return {key: modern(value) for key, value in ingress.items()}
    return [modern(value) for value in ingress] if isinstance(ingress, list) else ingress  # type: ignore[return-value]


def nginx_canary(case: Case, call: Case) -> tuple[Rollout, NginxTrafficRouting, WantedTraffic, KubeObject]:
    rollout = msgspec.convert(call["recv"]["cfg"]["Rollout"], Rollout)
    stable = modern(made(case, call["args"][0])["args"][0])
    return rollout, routing_of(rollout).nginx, wanted_of(rollout, call["args"][2]), stable


@pytest.mark.parametrize("case", load("07-traffic-nginx.jsonl"), ids=lambda case: case["id"])
def test_nginx(case: Case) -> None:
    if case["fn"] in NOT_OURS:
        pytest.skip(NOT_OURS[case["fn"]])
    if case["fn"] == "SetWeight":
        given = next(step for step in case["setup"] if step["call"] == "NewReconciler")["args"][0]["Rollout"]
        rollout = msgspec.convert(given, Rollout)
        if case["expect"][0]["op"] != "NotNil":
            pytest.skip(CLIENT)
        with pytest.raises(RoutingProblem):
            list(nginx.changes(routing_of(rollout).nginx, rollout.metadata, wanted_of(rollout, case["args"][0]), {}))
        return
    call = case if case["fn"] == "canaryIngress" else next(s for s in case["setup"] if s["call"] == "canaryIngress")
    rollout, routing, wanted, stable = nginx_canary(case, call)
    canary = nginx.canary_ingress(routing, rollout.metadata, wanted, stable)
    if case["fn"] == "canaryIngress":
        assert canary["spec"].get("tls") == stable["spec"].get("tls")
        assert canary["metadata"]["annotations"]["nginx.ingress.kubernetes.io/canary-weight"] == str(call["args"][2])
    elif case["fn"] in ("GetExtensionsIngress", "GetNetworkingIngress"):
        assert canary["spec"]["ingressClassName"] == case["expect"][2]["value"]
    else:
        assert case["fn"] == "ingressutil.BuildIngressPatch"
        there = modern(made(case, case["args"][1])["args"][0])
        name = canary["metadata"]["name"]
        there["metadata"] = {
            **there["metadata"],
            "name": name,
            "ownerReferences": [owner_reference(rollout.metadata)],
        }
        only = msgspec.structs.replace(routing, stable_ingress=stable["metadata"]["name"], stable_ingresses=())
        stable_reference, reference = nginx.references(only, rollout.metadata)
        found = {stable_reference: stable, reference: there}
        (change,) = nginx.changes(only, rollout.metadata, wanted, found)
        assert merge_patch.difference(change.before, change.after) == json.loads(case["expect"][2]["value"])


@pytest.mark.parametrize("case", load("07-istio-weights.jsonl"), ids=lambda case: case["id"])
def test_istio_weights(case: Case) -> None:
    rollout = msgspec.convert(case["rollout"], Rollout)
    obj, routes, tls, tcp, weight = case["args"]
    assert (routes, tcp) == (None, None)
    named = IstioVirtualService(name="vsvc", tls_routes=tuple(msgspec.convert(route, TLSRoute) for route in tls))
    found = istio.routed(obj, named, istio.Shares(wanted_of(rollout, weight)))
    for route, expected in zip(found["spec"]["tls"], case["expected"], strict=True):
        canary, stable = expected["args"][-2:]
        assert {e["destination"]["host"]: e["weight"] for e in route["route"]} == {"stable": stable, "canary": canary}
