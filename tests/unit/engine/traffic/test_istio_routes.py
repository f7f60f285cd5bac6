"""What an Istio VirtualService and a DestinationRule become."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from holdfast.engine.rollout import routes
from holdfast.engine.traffic import routers
from holdfast.engine.traffic.changes import Reference, RoutingProblem
from holdfast.engine.traffic.istio import DESTINATION_RULE, VIRTUAL_SERVICE
from holdfast.model.kube import KubeObject
from holdfast.model.rollout import WeightDestination
from holdfast.model.traffic import SetHeaderRoute
from holdfast.model.wanted_traffic import WantedTraffic
from tests.unit.engine.traffic.builders import rollout

TWO_HOSTS = [{"destination": {"host": "stable"}, "weight": 100}, {"destination": {"host": "canary"}, "weight": 0}]
TWO_SUBSETS = [
    {"destination": {"host": "web", "subset": "stable"}, "weight": 100},
    {"destination": {"host": "web", "subset": "canary"}, "weight": 0},
]
WANTED = WantedTraffic("canary", "stable", 30, canary_hash="c", stable_hash="s")
EXPERIMENT = WeightDestination(weight=5, service_name="experiment", pod_template_hash="e")


def service(namespace: str = "shop", name: str = "vs", **spec: Any) -> tuple[Reference, KubeObject]:
    obj = {"metadata": {"name": name, "namespace": namespace}, "spec": spec or {"http": [{"route": TWO_HOSTS}]}}
    return Reference(VIRTUAL_SERVICE, namespace, name), obj


def rule(*subsets: str) -> tuple[Reference, KubeObject]:
    spec = {"host": "web", "subsets": [{"name": name, "labels": {"app": "web"}} for name in subsets]}
    return Reference(DESTINATION_RULE, "shop", "rule"), {
        "metadata": {"name": "rule", "namespace": "shop"},
        "spec": spec,
    }


def by_subsets(*additional: str) -> dict[str, Any]:
    names = {"canarySubsetName": "canary", "stableSubsetName": "stable", "additionalSubsetNames": list(additional)}
    return {"istio": {"virtualService": {"name": "vs"}, "destinationRule": {"name": "rule", **names}}}


def test_two_services_of_one_name_in_two_namespaces_are_both_written() -> None:
    routing = {"istio": {"virtualServices": [{"name": "vs"}, {"name": "vs.other"}]}}
    found = dict([service(), service("other")])
    changed = routers.changes(rollout(routing), WANTED, found)
    assert {change.reference.namespace for change in changed} == {"shop", "other"}


def test_two_matches_on_one_header_are_both_kept() -> None:
    match = [{"headerName": "x", "headerValue": {"exact": value}} for value in ("a", "b")]
    header = msgspec.convert({"name": "beta", "match": match}, SetHeaderRoute)
    wanted = msgspec.structs.replace(WANTED, headers=(header,), managed=("beta",))
    (change,) = routers.changes(rollout({"istio": {"virtualService": {"name": "vs"}}}), wanted, dict([service()]))
    assert change.after is not None
    matches = change.after["spec"]["http"][0]["match"]
    assert matches == [{"headers": {"x": {"exact": "a"}}}, {"headers": {"x": {"exact": "b"}}}]


@pytest.mark.parametrize(("subsets", "wished"), [((), None), (("experiment",), "experiment")])
def test_an_experiments_share_is_added_once_and_taken_away_again(subsets: tuple[str, ...], wished: str | None) -> None:
    told = rollout(by_subsets(*subsets))
    found = dict([service(http=[{"route": TWO_SUBSETS}]), rule("stable", "canary", *subsets)])
    wanted = msgspec.structs.replace(WANTED, additional=(EXPERIMENT,))
    for _ in range(2):
        changed = routers.changes(told, wanted, found)
        found |= {change.reference: change.after for change in changed if change.after is not None}
    routes = found[service()[0]]["spec"]["http"][0]["route"]
    assert [entry["weight"] for entry in routes] == [65, 30, 5]
    assert routes[2]["destination"].get("subset") == wished
    assert routes[2]["destination"]["host"] == ("web" if wished else "experiment")
    changed = routers.changes(told, WANTED, found)
    found |= {change.reference: change.after for change in changed if change.after is not None}
    assert [entry["weight"] for entry in found[service()[0]]["spec"]["http"][0]["route"]] == [70, 30]


def test_an_additional_subset_selects_the_experiments_pods() -> None:
    found = dict([service(http=[{"route": TWO_SUBSETS}]), rule("stable", "canary", "extra")])
    wanted = msgspec.structs.replace(WANTED, additional=(EXPERIMENT,))
    changed = {
        change.reference.name: change.after for change in routers.changes(rollout(by_subsets("extra")), wanted, found)
    }
    after = changed["rule"]
    assert after is not None
    labels = {subset["name"]: subset["labels"].get("rollouts-pod-template-hash") for subset in after["spec"]["subsets"]}
    assert labels == {"stable": "s", "canary": "c", "extra": "e"}


def test_ping_and_pong_need_no_other_services() -> None:
    routing = {"istio": {"virtualService": {"name": "vs"}}}
    pair = {"pingPong": {"pingService": "stable", "pongService": "canary"}, "canaryService": "", "stableService": ""}
    told = rollout(routing, **pair)
    routers.check(told, routes.services(told), dict([service()]))


def tls(*hosts: str) -> dict[str, Any]:
    return {"istio": {"virtualService": {"name": "vs", "tlsRoutes": [{"port": 443, "sniHosts": list(hosts)}]}}}


def test_names_of_another_port_are_not_counted() -> None:
    match = [{"port": 443, "sniHosts": ["a"]}, {"port": 8443, "sniHosts": ["b"]}]
    found = dict([service(tls=[{"match": match, "route": TWO_HOSTS}])])
    assert len(routers.changes(rollout(tls("a")), WANTED, found)) == 1
    with pytest.raises(RoutingProblem, match="no tls route"):
        routers.changes(rollout(tls("a", "b")), WANTED, found)


def test_a_third_destination_stays_and_the_two_share_what_they_shared() -> None:
    legacy = {"destination": {"host": "legacy"}, "weight": 10, "headers": {"request": {"set": {"x": "1"}}}}
    beside = {"destination": {"host": "stable", "port": {"number": 8080}}}
    found = dict([service(http=[{"route": [legacy, *TWO_HOSTS, beside]}])])
    (change,) = routers.changes(rollout({"istio": {"virtualService": {"name": "vs"}}}), WANTED, found)
    assert change.after is not None
    route = change.after["spec"]["http"][0]["route"]
    assert (route[0], route[3]) == (legacy, beside)
    assert [entry["weight"] for entry in route[1:3]] == [70, 30]


def test_a_second_share_of_the_canary_that_nobody_could_take_back_is_refused() -> None:
    twice = [*TWO_HOSTS, {"destination": {"host": "canary", "subset": "debug"}, "weight": 10}]
    found = dict([service(http=[{"route": twice}])])
    with pytest.raises(RoutingProblem, match="twice"):
        routers.changes(rollout({"istio": {"virtualService": {"name": "vs"}}}), WANTED, found)
