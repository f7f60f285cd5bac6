"""Routers are told what Argo Rollouts' own tests say that they are."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from holdfast.engine.kube import merge_patch
from holdfast.engine.lang.yaml_documents import load_all
from holdfast.engine.traffic import alb, apisix, istio, nginx, smi, traefik
from holdfast.engine.traffic.changes import RoutingProblem, owner_reference
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout
from holdfast.model.traffic import IstioVirtualService, NginxTrafficRouting, SetHeaderRoute, TLSRoute
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


def rollout_in(case: Case) -> tuple[Rollout, dict[str, bool]]:
    """The Rollout of the recorded call, and what its client was told to do wrong."""
    given = next(step for step in case["setup"] if step["call"] == "NewReconciler")["args"][0]
    flags = {name: value for name, value in given["Client"].items() if value is True}
    return msgspec.convert(given["Rollout"], Rollout), flags


def documents(name: str, test: str) -> list[KubeObject]:
    """What the recorded test of that name decodes: its objects."""
    texts = [case["args"][0] for case in load(name) if case["fn"] == "Decode" and f":{test}#" in case["id"]]
    return [obj for text in texts for obj in load_all(text)]


@pytest.mark.parametrize("case", load("07-traffic-traefik.jsonl"), ids=lambda case: case["id"])
def test_traefik(case: Case) -> None:
    if case["fn"] in NOT_OURS | {"SetMirrorRoute": "", "RemoveManagedRoutes": ""}:
        pytest.skip(NOT_OURS.get(case["fn"], "Traefik does nothing there; ours refuses a step that nothing would do"))
    if case["fn"] in ("getService", "unstructured.NestedInt64"):
        pytest.skip("reads what SetWeight wrote: checked there")
    rollout, flags = rollout_in(case)
    good, damaged = documents("07-traffic-traefik.jsonl", "TestSetWeight/SetWeight")
    if flags.keys() & {"IsGetError", "UpdateError"}:
        pytest.skip(CLIENT)
    wanted = wanted_of(rollout, case["args"][0])
    obj = damaged if flags else good
    if case["expect"][0]["op"] == "Error":
        with pytest.raises(RoutingProblem):
            traefik.weighted(obj, wanted)
        return
    services = traefik.weighted(obj, wanted)["spec"]["weighted"]["services"]
    assert [service["weight"] for service in services] == [70, 30]


@pytest.mark.parametrize("case", load("07-traffic-smi.jsonl"), ids=lambda case: case["id"])
def test_smi(case: Case) -> None:
    if case["fn"] != "SetWeight":
        pytest.skip(NOT_OURS.get(case["fn"], "SMI does nothing there; ours refuses a step that nothing would do"))
    if case["expect"][0]["op"] != "Nil":
        pytest.skip(CLIENT)
    given = next(step for step in case["setup"] if step["call"] == "NewReconciler")["args"][0]["Rollout"]
    rollout = msgspec.convert(given, Rollout)
    routing = routing_of(rollout).smi
    (first,) = smi.changes(routing, rollout.metadata, wanted_of(rollout, 10), {})
    assert first.after is not None
    found = {first.reference: first.after}
    (change,) = smi.changes(routing, rollout.metadata, wanted_of(rollout, case["args"][0]), found)
    assert change.after is not None
    spec = change.after["spec"]
    pair = [{"service": "canary-service", "weight": 50}, {"service": "stable-service", "weight": 50}]
    assert (first.reference.name, spec) == ("traffic-split-name", {"service": "root-service", "backends": pair})


@pytest.mark.parametrize("case", load("07-traffic-alb.jsonl"), ids=lambda case: case["id"])
def test_alb(case: Case) -> None:
    if case["fn"] in NOT_OURS:
        pytest.skip(NOT_OURS[case["fn"]])
    if case["fn"] == "getForwardActionString":
        rollout = msgspec.convert(case["args"][0], Rollout)
        with pytest.raises(RoutingProblem, match="must be between 1 and 604800"):
            alb.action(routing_of(rollout).alb, wanted_of(rollout, case["args"][2]))
        return
    annotations, name, _, *keys = case["args"]
    if case["expect"][0]["op"] == "Error":
        with pytest.raises(RoutingProblem):
            alb.managed(annotations, name, *keys)
    else:
        assert alb.managed(annotations, name, *keys) == case["expect"][0]["value"]


@pytest.mark.parametrize("case", load("07-traffic-apisix.jsonl"), ids=lambda case: case["id"])
def test_apisix(case: Case) -> None:
    if case["fn"] in NOT_OURS:
        pytest.skip(NOT_OURS[case["fn"]])
    if case["fn"] == "GetBackends":
        with pytest.raises(RoutingProblem):
            apisix.backends(case["args"][0])
        return
    if case["fn"] == "unstructured.NestedInt64":
        pytest.skip("the priority is checked where the route is made; ours is one above the rule that it copies")
    rollout, flags = rollout_in(case)
    if flags.keys() - {"IsGetNotFoundError", "IsDuplicateSetHeaderRouteError"}:
        pytest.skip(CLIENT)
    base, ours, theirs = documents("07-traffic-apisix.jsonl", "TestSetHeaderRoute/SetHeaderRoutePriorityWithNew")[:3]
    routing = routing_of(rollout)
    there, place = apisix.references(routing.apisix, rollout.metadata, ["set-header"])
    found = {there: base} if "IsGetNotFoundError" in flags else {there: base, place: theirs if flags else ours}
    given = case["args"][0] if case["args"] else {}
    headers = (msgspec.convert(given, SetHeaderRoute),) if given.get("match") else ()
    wanted = msgspec.structs.replace(wanted_of(rollout, 0), headers=headers, managed=("set-header",))
    if case["expect"][0]["op"] != "NoError":
        with pytest.raises(RoutingProblem, match=case["expect"][0]["value"]):
            list(apisix.changes(routing.apisix, rollout.metadata, wanted, found))
        return
    changes = {change.reference: change for change in apisix.changes(routing.apisix, rollout.metadata, wanted, found)}
    after = changes[place].after if place in changes else None
    assert (after is not None) == bool(headers)
    if after is not None:
        (rule,) = after["spec"]["http"]
        assert rule["priority"] == 1
        assert [entry["op"] for entry in rule["match"]["exprs"]] == ["Equal", "RegexMatch", "RegexMatch"][
            : len(given["match"])
        ]
        assert [entry["serviceName"] for entry in rule["backends"]] == ["canary-rollout"]
