"""Header routes of the AWS Load Balancer Controller: an action, its conditions, and paths that lead to them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from holdfast.engine.traffic import routers
from holdfast.engine.traffic.alb import INGRESS, MANAGED, PREFIX
from holdfast.engine.traffic.changes import Reference, RoutingProblem
from holdfast.model.kube import KubeObject
from holdfast.model.traffic import SetHeaderRoute
from holdfast.model.wanted_traffic import WantedTraffic
from tests.unit.engine.traffic.builders import rollout

ROUTING = {"alb": {"ingress": "web", "servicePort": 443}, "managedRoutes": [{"name": "beta"}]}
PLACE = Reference(INGRESS, "shop", "web")
THEIRS: dict[str, Any] = {
    "path": "/docs",
    "pathType": "Prefix",
    "backend": {"service": {"name": "docs", "port": {"number": 1}}},
}


def path(name: str) -> dict[str, Any]:
    return {
        "path": "/",
        "pathType": "Prefix",
        "backend": {"service": {"name": name, "port": {"name": "use-annotation"}}},
    }


def ingress() -> KubeObject:
    rules = [{"host": "shop.example.com", "http": {"paths": [THEIRS, path("stable")]}}, {"host": "other.example.com"}]
    return {"metadata": {"name": "web", "namespace": "shop"}, "spec": {"rules": rules}}


def header(*matches: tuple[str, dict[str, str]], name: str = "beta") -> SetHeaderRoute:
    match = [{"headerName": key, "headerValue": value} for key, value in matches]
    return msgspec.convert({"name": name, "match": match}, SetHeaderRoute)


def told(obj: KubeObject, *headers: SetHeaderRoute, managed: tuple[str, ...] = ("beta",)) -> KubeObject:
    wanted = WantedTraffic("canary", "stable", 10, headers=headers, managed=managed)
    (change,) = routers.changes(rollout(ROUTING), wanted, {PLACE: obj})
    assert change.after is not None
    return change.after


def test_a_header_route_comes_before_the_paths_of_the_service_and_goes_again() -> None:
    after = told(ingress(), header(("x-user", {"exact": "a*b"}), ("x-team", {"prefix": "shop"})))
    annotations = after["metadata"]["annotations"]
    (group,) = json.loads(annotations[f"{PREFIX}/actions.beta"])["ForwardConfig"]["TargetGroups"]
    assert group == {"ServiceName": "canary", "ServicePort": "443", "Weight": 100}
    conditions = json.loads(annotations[f"{PREFIX}/conditions.beta"])
    assert [one["field"] for one in conditions] == ["http-header", "http-header"]
    assert [one["httpHeaderConfig"] for one in conditions] == [
        {"httpHeaderName": "x-user", "values": [r"a\*b"]},
        {"httpHeaderName": "x-team", "values": ["shop*"]},
    ]
    keys = [f"{PREFIX}/actions.beta", f"{PREFIX}/actions.stable", f"{PREFIX}/conditions.beta"]
    assert json.loads(annotations[MANAGED]) == {"web": keys}
    rules = after["spec"]["rules"]
    assert rules[0]["http"]["paths"] == [THEIRS, path("beta"), path("stable")]
    assert rules[1] == {"host": "other.example.com"}
    without = told(after)
    assert without == told(ingress())
    assert without["spec"] == ingress()["spec"]


def test_what_it_cannot_match_is_refused() -> None:
    with pytest.raises(RoutingProblem, match="regular expression"):
        told(ingress(), header(("x", {"regex": "a.*"})))
    with pytest.raises(RoutingProblem, match="name of a service"):
        told(ingress(), header(("x", {"exact": "a"}), name="stable"), managed=("stable",))
