"""Apache APISIX: weights of the backends of ApisixRoute rules, and a route of our own for every header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from holdfast.engine.kube import canonical
from holdfast.engine.traffic import shared_lists
from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, owned_by, owner_reference, there
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.model.metadata import ObjectMeta
from holdfast.model.traffic import ApisixRoute, ApisixTrafficRouting, SetHeaderRoute, StringMatch
from holdfast.model.wanted_traffic import WantedTraffic

APISIX_ROUTE: Final = GroupKind("apisix.apache.org", "ApisixRoute")


def references(routing: ApisixTrafficRouting, owner: ObjectMeta, managed: Sequence[str]) -> Iterator[Reference]:
    if routing.route is not None:
        yield Reference(APISIX_ROUTE, owner.namespace, routing.route.name)
        for name in managed:
            yield Reference(APISIX_ROUTE, owner.namespace, name, is_ours=True)


def changes(
    routing: ApisixTrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, found: Mapping[Reference, KubeObject]
) -> Iterator[Change]:
    """`wanted.managed` are the names of routes of our own."""
    if routing.route is None:
        raise RoutingProblem("apisix.route names the ApisixRoute, and is not given")
    reference = Reference(APISIX_ROUTE, owner.namespace, routing.route.name)
    base = there(reference, found)
    yield Change(reference, base, weighted(base, routing.route, wanted))
    headers = {route.name: route for route in wanted.headers}
    for name in wanted.managed:
        place = Reference(APISIX_ROUTE, owner.namespace, name, is_ours=True)
        before = found.get(place)
        is_ours = before is not None and owned_by(before, owner)
        if name not in headers:
            if is_ours:
                yield Change(place, before, None)
            continue
        if before is not None and not is_ours:
            raise RoutingProblem(f"duplicate ApisixRoute: {name} is there and not of this Rollout")
        desired = _header_route(headers[name], base, routing.route, owner, wanted)
        yield Change(place, before, desired if before is None else {**before, "spec": desired["spec"]})


def _chosen(obj: KubeObject, named: ApisixRoute) -> list[int]:
    rules = canonical.get_path(obj, "spec", "http") or []
    if not named.rules:
        if len(rules) != 1:
            raise RoutingProblem("apisix.route.rules must be given where the ApisixRoute has not exactly one rule")
        return [0]
    found = []
    for name in named.rules:
        index = next((index for index, rule in enumerate(rules) if rule.get("name") == name), None)
        if index is None:
            raise RoutingProblem(f"ApisixRoute {named.name} has no rule {name}")
        found.append(index)
    return found


def weighted(obj: KubeObject, named: ApisixRoute, wanted: WantedTraffic) -> KubeObject:
    """Raises RoutingProblem where a rule or one of the two services is absent."""
    chosen = _chosen(obj, named)
    rules = obj["spec"]["http"]
    noted, place = shared_lists.noted(obj), "a rule of the ApisixRoute has no backend"
    changed = [
        {**rule, "backends": shared_lists.weighted(backends(rule), "serviceName", wanted, noted, place)}
        if index in chosen
        else rule
        for index, rule in enumerate(rules)
    ]
    return shared_lists.with_note(canonical.with_path(obj, changed, "spec", "http"), wanted)


def backends(rule: Any) -> list[dict[str, Any]]:
    """Raises RoutingProblem where there are none."""
    found = canonical.get_path(rule, "backends")
    if not isinstance(found, list) or not all(isinstance(backend, dict) for backend in found):
        raise RoutingProblem("a rule of the ApisixRoute has no backends")
    return found


def _header_route(
    route: SetHeaderRoute, base: KubeObject, named: ApisixRoute, owner: ObjectMeta, wanted: WantedTraffic
) -> KubeObject:
    """The chosen rules once more, before the others, for requests with all of the headers."""
    expressions = [
        {"subject": {"scope": "Header", "name": match.header_name}, **_condition(match.header_value)}
        for match in route.match
    ]
    rules = []
    for rule in (base["spec"]["http"][index] for index in _chosen(base, named)):
        match = rule.get("match") or {}
        canary = [backend for backend in backends(rule) if backend.get("serviceName") == wanted.canary]
        rules.append(
            {
                **rule,
                "priority": (rule.get("priority") or 0) + 1,
                "match": {**match, "exprs": [*(match.get("exprs") or []), *expressions]},
                "backends": [{**backend, "weight": 100} for backend in canary],
            }
        )
    return {
        "kind": "ApisixRoute",
        "metadata": {"name": route.name, "namespace": owner.namespace, "ownerReferences": [owner_reference(owner)]},
        "spec": {**base["spec"], "http": rules},
    }


def _condition(value: StringMatch) -> dict[str, str]:
    if value.exact:
        return {"op": "Equal", "value": value.exact}
    return {"op": "RegexMatch", "value": f"^{re.escape(value.prefix)}.*" if value.prefix else value.regex}
