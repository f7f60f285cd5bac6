"""Routers are told what Argo Rollouts' own tests say that they are."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from holdfast.engine.kube import merge_patch
from holdfast.engine.lang.yaml_documents import load_all
from holdfast.engine.traffic import alb, apisix, istio, nginx, smi, traefik
from holdfast.engine.traffic.changes import Reference, RoutingProblem, owner_reference
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout, WeightDestination
from holdfast.model.traffic import (
    IstioVirtualService,
    NginxTrafficRouting,
    SetHeaderRoute,
    SetMirrorRoute,
    TCPRoute,
    TLSRoute,
)
from holdfast.model.wanted_traffic import WantedTraffic
from tests.replay.cases import Case, load
from tests.replay.rollouts_left_out import to_run

NGINX = to_run("07-traffic-nginx.jsonl")
ISTIO_WEIGHTS = to_run("07-istio-weights.jsonl")
TRAEFIK = to_run("07-traffic-traefik.jsonl")
SMI = to_run("07-traffic-smi.jsonl")
ALB = to_run("07-traffic-alb.jsonl")
APISIX = to_run("07-traffic-apisix.jsonl")
ISTIO = to_run("07-istio-calls.jsonl")
ISTIO_EXPERIMENTS = [case for case in ISTIO if "TestHostSplitExperimentStepMultipleServicesRemoved" in case["id"]]
ISTIO_ROUTES = [
    case
    for case in ISTIO
    if case["fn"] in ("reconcileVirtualService", "ValidateHTTPRoutes") and case not in ISTIO_EXPERIMENTS
]
ISTIO_OBJECTS = [case for case in ISTIO if case not in ISTIO_EXPERIMENTS and case not in ISTIO_ROUTES]
RUN = [*NGINX, *ISTIO_WEIGHTS, *TRAEFIK, *SMI, *ALB, *APISIX, *ISTIO]


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


@pytest.mark.parametrize("case", NGINX, ids=lambda case: case["id"])
def test_nginx(case: Case) -> None:
    if case["fn"] == "SetWeight":
        given = next(step for step in case["setup"] if step["call"] == "NewReconciler")["args"][0]["Rollout"]
        rollout = msgspec.convert(given, Rollout)
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


@pytest.mark.parametrize("case", ISTIO_WEIGHTS, ids=lambda case: case["id"])
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
    flags = {str(name): True for name, value in given["Client"].items() if value is True}
    return msgspec.convert(given["Rollout"], Rollout), flags


def documents(name: str, test: str) -> list[KubeObject]:
    """What the recorded test of that name decodes: its objects."""
    texts = [case["args"][0] for case in load(name) if case["fn"] == "Decode" and f":{test}#" in case["id"]]
    return [obj for text in texts for obj in load_all(text)]


@pytest.mark.parametrize("case", TRAEFIK, ids=lambda case: case["id"])
def test_traefik(case: Case) -> None:
    rollout, flags = rollout_in(case)
    good, damaged = documents("07-traffic-traefik.jsonl", "TestSetWeight/SetWeight")
    wanted = wanted_of(rollout, case["args"][0])
    obj = damaged if flags else good
    if case["expect"][0]["op"] == "Error":
        with pytest.raises(RoutingProblem):
            traefik.weighted(obj, wanted)
        return
    services = traefik.weighted(obj, wanted)["spec"]["weighted"]["services"]
    assert [service["weight"] for service in services] == [70, 30]


@pytest.mark.parametrize("case", SMI, ids=lambda case: case["id"])
def test_smi(case: Case) -> None:
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


@pytest.mark.parametrize("case", ALB, ids=lambda case: case["id"])
def test_alb(case: Case) -> None:
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


@pytest.mark.parametrize("case", APISIX, ids=lambda case: case["id"])
def test_apisix(case: Case) -> None:
    if case["fn"] == "GetBackends":
        with pytest.raises(RoutingProblem):
            apisix.backends(case["args"][0])
        return
    rollout, flags = rollout_in(case)
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


@pytest.mark.parametrize("case", ISTIO_ROUTES, ids=lambda case: case["id"])
def test_istio_routes_are_accepted_or_refused_alike(case: Case) -> None:
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


@pytest.mark.parametrize("case", ISTIO_WEIGHTS, ids=lambda case: case["id"])
def test_istio_weights_agree(case: Case) -> None:
    obj, _, tls, _, weight = case["args"]
    named = IstioVirtualService(name="vsvc", tls_routes=tuple(msgspec.convert(route, TLSRoute) for route in tls))
    found = istio.routed(obj, named, shares_of(case["rollout"], weight))
    for route, expected in zip(found["spec"]["tls"], case["expected"], strict=True):
        _, _, canary, stable = expected["args"]
        assert [entry["weight"] for entry in route["route"]] == [stable, canary]


def istio_objects(case: Case) -> dict[Reference, KubeObject]:
    """What the recorded client holds."""
    clients = [step for step in case["setup"] if step["call"].startswith("dynamicfake.")]
    objs = [arg for step in clients for arg in step["args"] if isinstance(arg, dict) and "kind" in arg]
    return {
        Reference(GroupKind(istio.GROUP, obj["kind"]), namespace_of(obj), name_of(obj)): obj
        for obj in objs
        if obj["kind"] in ("VirtualService", "DestinationRule")
    }


def istio_wanted(case: Case, rollout: Rollout) -> WantedTraffic:
    args, wanted = case["args"], wanted_of(rollout, 0)
    managed = tuple(route.name for route in routing_of(rollout).managed_routes)
    match case["fn"]:
        case "SetWeight":
            return msgspec.structs.replace(wanted, weight=args[0])
        case "UpdateHash":
            return msgspec.structs.replace(wanted, canary_hash=args[0], stable_hash=args[1])
        case "RemoveManagedRoutes":
            return msgspec.structs.replace(wanted, managed=managed)
        case _:
            return istio_special(case, wanted)


def istio_special(case: Case, wanted: WantedTraffic) -> WantedTraffic:
    """A step that sets a route of its own, or takes it away."""
    args = case["args"]
    name = args[0]["name"]
    of_one = msgspec.structs.replace(wanted, managed=(name,))
    if not args[0].get("match"):
        return of_one
    if case["fn"] == "SetHeaderRoute":
        return msgspec.structs.replace(of_one, headers=(msgspec.convert(args[0], SetHeaderRoute),))
    return msgspec.structs.replace(of_one, mirrors=(msgspec.convert(args[0], SetMirrorRoute),))


@pytest.mark.parametrize("case", ISTIO_OBJECTS, ids=lambda case: case["id"])
def test_istio_objects_become_what_was_recorded(case: Case) -> None:
    given = next(step for step in case["setup"] if step["call"] == "NewReconciler")["args"][0]
    rollout = msgspec.convert(given, Rollout)
    wanted, found = istio_wanted(case, rollout), istio_objects(case)
    routing = routing_of(rollout).istio
    if case["fn"] == "UpdateHash":
        routing = msgspec.structs.replace(routing, virtual_service=None)
    changes = istio.changes(routing, wanted, found, rollout.metadata.namespace)
    if case["expect"][0]["op"] in ("NotNil", "Error"):
        with pytest.raises(RoutingProblem):
            list(changes)
        return
    after = [change.after for change in changes if change.after is not None]
    names = [route.get("name") for obj in after for route in obj["spec"].get("http") or []]
    for special in [route.name for route in wanted.headers] + [route.name for route in wanted.mirrors]:
        assert names[0] == special
    if not wanted.headers and not wanted.mirrors:
        assert not set(wanted.managed) & set(names)
    if case["fn"] == "UpdateHash":
        (rule,) = [obj for obj in after if "subsets" in obj["spec"]]
        hashes = [(subset.get("labels") or {}).get(HASH_LABEL) for subset in rule["spec"]["subsets"]]
        assert {"abc123", "def456"} <= set(hashes)


def test_istio_experiments_come_and_go() -> None:
    first, second = ISTIO_EXPERIMENTS
    given = next(step for step in first["setup"] if step["call"] == "NewReconciler")["args"][0]
    rollout = msgspec.convert(given, Rollout)
    obj, (weight, *others) = first["args"][0], first["args"][4:]
    named = IstioVirtualService(name="vsvc", routes=("primary",))
    wanted = wanted_of(rollout, weight)
    more = msgspec.structs.replace(
        wanted, additional=tuple(msgspec.convert(other, WeightDestination) for other in others)
    )
    with_them = istio.routed(obj, named, istio.Shares(more))
    assert [entry["weight"] for entry in with_them["spec"]["http"][0]["route"]] == [50, 10, 20, 20]
    without = istio.routed(with_them, named, istio.Shares(wanted_of(rollout, second["args"][4])))
    assert [entry["weight"] for entry in without["spec"]["http"][0]["route"]] == [90, 10]
