"""Laws of every router: what was told once needs no telling, and what a person wrote beside it stays."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.traffic import alb, ambassador, apisix, gateway_api, istio, nginx, routers, traefik
from holdfast.engine.traffic.changes import Reference
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import Rollout, WeightDestination
from holdfast.model.traffic import SetHeaderRoute
from holdfast.model.wanted_traffic import WantedTraffic

Found = dict[Reference, KubeObject]
names = st.sampled_from(["beta", "gamma"])
foreign = st.dictionaries(st.sampled_from(["timeouts", "retries", "x"]), st.text(max_size=3), max_size=2)


def rollout(routing: dict[str, Any]) -> Rollout:
    canary = {"canaryService": "canary", "stableService": "stable", "trafficRouting": routing}
    obj = {
        "metadata": {"name": "web", "namespace": "shop", "uid": "u"},
        "spec": {"strategy": {"canary": canary}},
    }
    return msgspec.convert(obj, Rollout)


@st.composite
def wishes(draw: st.DrawFn, *, with_headers: bool = False, with_others: bool = False) -> WantedTraffic:
    headers = []
    for name in draw(st.lists(names, unique=True)) if with_headers else ():
        match = [{"headerName": "x-user", "headerValue": {"exact": draw(st.sampled_from(["a", "b"]))}}]
        headers.append(msgspec.convert({"name": name, "match": match}, SetHeaderRoute))
    others = draw(st.lists(st.sampled_from(["one", "two"]), unique=True)) if with_others else []
    return WantedTraffic(
        "canary",
        "stable",
        draw(st.integers(0, 80)),
        headers=tuple(headers),
        additional=tuple(WeightDestination(weight=10, service_name=name) for name in others),
        managed=("beta", "gamma") if with_headers else (),
    )


def told(subject: Rollout, wanted: WantedTraffic, found: Found) -> Found:
    after = dict(found)
    for change in routers.changes(subject, wanted, found):
        if change.after is None:
            del after[change.reference]
        else:
            after[change.reference] = change.after
    return after


def keeps_the_laws(subject: Rollout, sequence: list[WantedTraffic], found: Found) -> Found:
    """The way there does not matter, only where it leads."""
    before = copy.deepcopy(found)
    now = found
    for wanted in sequence:
        now = told(subject, wanted, now)
        assert routers.changes(subject, wanted, now) == []
    assert now == told(subject, sequence[-1], found)
    assert found == before
    return now


theirs = st.sampled_from(
    [
        {"destination": {"host": "legacy"}, "weight": 10, "headers": {"request": {"set": {"x": "1"}}}},
        {"destination": {"host": "legacy", "subset": "v1", "port": {"number": 81}}},
        {"destination": {"host": "stable", "subset": "debug"}, "weight": 3},
        {"destination": {"host": "stable", "port": {"number": 8080}}, "weight": 0},
        {"destination": {"host": "web", "subset": "debug"}, "weight": 7},
        {"destination": {"host": "canary", "subset": "debug"}},
    ]
)


@st.composite
def istio_objects(draw: st.DrawFn, *, by_subset: bool = False) -> Found:
    stable = {"host": "web", "subset": "s"} if by_subset else {"host": "stable"}
    canary = {"host": "web", "subset": "c"} if by_subset else {"host": "canary"}
    pair: list[dict[str, Any]] = [{"destination": stable, "weight": 100}, {"destination": canary, "weight": 0}]
    others = [{"name": f"other{i}", **draw(foreign), "route": pair} for i in range(draw(st.integers(0, 2)))]
    mixed = draw(st.permutations([*pair, *draw(st.lists(theirs, max_size=3))]))
    http = draw(st.permutations([{"name": "primary", **draw(foreign), "route": mixed}, *others]))
    obj = {"metadata": {"name": "vs", "namespace": "shop"}, "spec": {"hosts": ["web"], "http": http}}
    return {Reference(istio.VIRTUAL_SERVICE, "shop", "vs"): obj}


RULE = {"name": "rule", "canarySubsetName": "c", "stableSubsetName": "s", "additionalSubsetNames": ["x"]}


@pytest.mark.parametrize("by_subset", [False, True])
@given(st.data(), st.lists(wishes(with_headers=True, with_others=True), min_size=1, max_size=3))
def test_istio(by_subset: bool, data: st.DataObject, sequence: list[WantedTraffic]) -> None:
    found = data.draw(istio_objects(by_subset=by_subset))
    routing: dict[str, Any] = {"virtualService": {"name": "vs", "routes": ["primary"]}}
    (before,) = found.values()
    if by_subset:
        routing["destinationRule"] = RULE
        spec = {"host": "web", "subsets": [{"name": name} for name in "scx"]}
        found |= {
            Reference(istio.DESTINATION_RULE, "shop", "rule"): {"metadata": {"namespace": "shop"}, "spec": spec},
        }
    reached = keeps_the_laws(rollout({"istio": routing}), sequence, found)
    after = reached[Reference(istio.VIRTUAL_SERVICE, "shop", "vs")]
    annotations = after["metadata"].get("annotations") or {}
    assert bool(annotations) == (len(sequence[-1].additional) > by_subset)
    kept = [route for route in after["spec"]["http"] if route["name"] not in ("beta", "gamma")]
    for old, new in zip(before["spec"]["http"], kept, strict=True):
        assert new == (old if old["name"] != "primary" else {**old, "route": new["route"]})
        if new["name"] == "primary":
            keeps_destinations(old["route"], new["route"], sequence[-1], by_subset=by_subset)


def keeps_destinations(
    before: list[dict[str, Any]], after: list[dict[str, Any]], wanted: WantedTraffic, *, by_subset: bool
) -> None:
    """In their order: ours, the first of its kind, with the new weights, a person's as they were, then experiments'."""
    field, names = ("subset", ("s", "c")) if by_subset else ("host", ("stable", "canary"))
    places = [entry["destination"].get(field) for entry in before]
    ours = [places.index(name) for name in names]
    # Each for itself: the same entry may have been drawn twice.
    expected = [copy.deepcopy(entry) for entry in before]
    expected[ours[0]]["weight"] = wanted.stable_weight
    expected[ours[1]]["weight"] = wanted.weight
    assert after[: len(before)] == expected
    assert [entry["weight"] for entry in after[len(before) :]] == [other.weight for other in wanted.additional]


@st.composite
def gateway_objects(draw: st.DrawFn) -> Found:
    pair = [{"name": "stable", "port": 80}, {"name": "canary", "port": 80, "weight": 0}]
    theirs = [{"name": "archive", "port": 80, "weight": 3}] if draw(st.booleans()) else []
    match = [{"path": {"type": "PathPrefix", "value": "/"}}]
    rule = {"matches": match, **draw(foreign), "backendRefs": [*pair, *theirs]}
    others = [
        {"matches": [{"path": {"value": f"/{i}"}}], **draw(foreign), "backendRefs": [{"name": name, "port": 80}]}
        for i, name in enumerate(draw(st.lists(st.sampled_from(["old", "canary", "stable"]), max_size=3)))
    ]
    obj = {
        "kind": "HTTPRoute",
        "metadata": {"name": "route", "namespace": "shop"},
        "spec": {"hostnames": ["web"], "rules": draw(st.permutations([rule, *others]))},
    }
    return {Reference(gateway_api.HTTP_ROUTE, "shop", "route"): obj}


@given(gateway_objects(), st.lists(wishes(with_headers=True, with_others=True), min_size=1, max_size=3))
def test_gateway_api(found: Found, sequence: list[WantedTraffic]) -> None:
    subject = rollout({"plugins": {gateway_api.PLUGIN: {"httpRoute": "route"}}})
    (after,) = keeps_the_laws(subject, sequence, found).values()
    (before,) = found.values()
    for old, new in zip(before["spec"]["rules"], after["spec"]["rules"], strict=False):
        if len(old["backendRefs"]) == 1:
            assert new == old
        else:
            assert {**new, "backendRefs": None} == {**old, "backendRefs": None}
            assert [b for b in new["backendRefs"] if b["name"] == "archive"] == old["backendRefs"][2:]
    assert len(after["spec"]["rules"]) == len(before["spec"]["rules"]) + len(sequence[-1].headers)


@given(st.lists(wishes(), min_size=1, max_size=3), foreign)
def test_nginx(sequence: list[WantedTraffic], theirs: dict[str, str]) -> None:
    paths = [{"path": "/", "backend": {"service": {"name": name}}} for name in ("stable", "other")]
    spec = {"rules": [{"host": "web", "http": {"paths": paths}}]}
    stable = {"metadata": {"name": "in", "namespace": "shop", "labels": theirs}, "spec": spec}
    found: Found = {Reference(nginx.INGRESS, "shop", "in"): stable}
    after = keeps_the_laws(rollout({"nginx": {"stableIngress": "in"}}), sequence, found)
    assert after[Reference(nginx.INGRESS, "shop", "in")] == stable


PATH = {"path": "/", "backend": {"service": {"name": "stable"}}}
OTHERS: dict[str, tuple[dict[str, Any], GroupKind | None, dict[str, Any]]] = {
    "traefik": (
        {"traefik": {"weightedTraefikServiceName": "obj"}},
        traefik.TRAEFIK_SERVICE,
        {"weighted": {"services": [{"name": name, "port": 80} for name in ("stable", "other", "canary")]}},
    ),
    "smi": ({"smi": {"trafficSplitName": "obj", "rootService": "root"}}, None, {}),
    "alb": (
        {
            "alb": {"ingress": "obj", "servicePort": 80, "stickinessConfig": {"enabled": True, "durationSeconds": 5}},
            "managedRoutes": [{"name": "beta"}, {"name": "gamma"}],
        },
        alb.INGRESS,
        {"rules": [{"http": {"paths": [PATH]}}]},
    ),
    "apisix": (
        {"apisix": {"route": {"name": "obj"}}, "managedRoutes": [{"name": "beta"}, {"name": "gamma"}]},
        apisix.APISIX_ROUTE,
        {"http": [{"name": "one", "backends": [{"serviceName": name} for name in ("stable", "canary", "other")]}]},
    ),
    "ambassador": (
        {"ambassador": {"mappings": ["obj"]}},
        ambassador.MAPPING,
        {"prefix": "/", "service": "https://stable.shop:80"},
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@given(st.data(), foreign)
def test_other_routers(name: str, data: st.DataObject, theirs: dict[str, str]) -> None:
    routing, kind, spec = OTHERS[name]
    wished = wishes(with_headers=name in ("apisix", "alb"), with_others=name in ("smi", "alb"))
    sequence = data.draw(st.lists(wished, min_size=1, max_size=3))
    obj = {"metadata": {"name": "obj", "namespace": "shop", "labels": theirs}, "spec": {**theirs, **spec}}
    found: Found = {Reference(kind, "shop", "obj"): obj} if kind is not None else {}
    after = keeps_the_laws(rollout(routing), sequence, found)
    for reference, before in found.items():
        left = after[reference]
        assert left["metadata"].get("labels") == theirs
        assert {key: left["spec"][key] for key in theirs} == theirs
        assert left["spec"].keys() == before["spec"].keys()
