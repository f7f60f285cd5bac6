"""Gateway API: weights of the backends of HTTPRoutes, GRPCRoutes, TCPRoutes and TLSRoutes, and rules of our own for headers.

Configured as the plugin `argoproj-labs/gatewayAPI` is. Rules have no name in every release of the Gateway API, so what
is ours is written in an annotation of the route: there it outlives us, and a route that Git wrote anew has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from holdfast.engine.kube import canonical
from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, there
from holdfast.model.fields import ApiStruct
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.metadata import ObjectMeta
from holdfast.model.traffic import SetHeaderRoute, StringMatch
from holdfast.model.wanted_traffic import WantedTraffic

PLUGIN: Final = "argoproj-labs/gatewayAPI"
GROUP: Final = "gateway.networking.k8s.io"
HTTP_ROUTE: Final = GroupKind(GROUP, "HTTPRoute")
GRPC_ROUTE: Final = GroupKind(GROUP, "GRPCRoute")
TCP_ROUTE: Final = GroupKind(GROUP, "TCPRoute")
TLS_ROUTE: Final = GroupKind(GROUP, "TLSRoute")
KINDS: Final = frozenset({HTTP_ROUTE, GRPC_ROUTE, TCP_ROUTE, TLS_ROUTE})
MANAGED: Final = "holdfast.dev/managed-routes"
VERDICTS: Final = ("Accepted", "ResolvedRefs")


class NamedRoute(ApiStruct, frozen=True, kw_only=True):
    name: str = ""
    use_header_routes: bool = False


class GatewayRouting(ApiStruct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`config_map` is where the plugin keeps its notes: we need none."""

    namespace: str = ""
    http_route: str = ""
    grpc_route: str = ""
    tcp_route: str = ""
    tls_route: str = ""
    http_routes: tuple[NamedRoute, ...] = ()
    grpc_routes: tuple[NamedRoute, ...] = ()
    tcp_routes: tuple[NamedRoute, ...] = ()
    tls_routes: tuple[NamedRoute, ...] = ()
    config_map: str = ""


class Notes(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is ours in a route: the matches of our rules by the route's name, and the services of experiments."""

    rules: dict[str, list[dict[str, Any]]] = msgspec.field(default_factory=dict)
    services: list[str] = msgspec.field(default_factory=list)


def read(config: Any) -> GatewayRouting:
    """Raises RoutingProblem for what is not served, since traffic that is not steered proves nothing."""
    try:
        return msgspec.convert(config, GatewayRouting)
    except msgspec.ValidationError as error:
        raise RoutingProblem(f"plugins.{PLUGIN}: {error}") from None


def _named(routing: GatewayRouting, owner: ObjectMeta) -> Iterator[tuple[Reference, bool]]:
    """Every route, and whether rules for headers are wanted in it: always where it is the only one of its kind."""
    namespace = routing.namespace or owner.namespace
    for kind, single, several in (
        (HTTP_ROUTE, routing.http_route, routing.http_routes),
        (GRPC_ROUTE, routing.grpc_route, routing.grpc_routes),
        (TCP_ROUTE, routing.tcp_route, routing.tcp_routes),
        (TLS_ROUTE, routing.tls_route, routing.tls_routes),
    ):
        if single:
            yield Reference(kind, namespace, single), True
        for route in several:
            yield Reference(kind, namespace, route.name), route.use_header_routes


def references(routing: GatewayRouting, owner: ObjectMeta) -> Iterator[Reference]:
    for reference, _ in _named(routing, owner):
        yield reference


def changes(
    routing: GatewayRouting, owner: ObjectMeta, wanted: WantedTraffic, found: Mapping[Reference, KubeObject]
) -> Iterator[Change]:
    named = dict(_named(routing, owner))
    if not named:
        raise RoutingProblem(f"plugins.{PLUGIN} names no route: give httpRoute, grpcRoute, tcpRoute or tlsRoute")
    takes_headers = any(use and kind_of.group_kind in (HTTP_ROUTE, GRPC_ROUTE) for kind_of, use in named.items())
    if wanted.headers and not takes_headers:
        raise RoutingProblem(f"plugins.{PLUGIN} names no route with useHeaderRoutes for the step setHeaderRoute")
    for reference, use_headers in named.items():
        obj = there(reference, found)
        has_headers = use_headers and reference.group_kind in (HTTP_ROUTE, GRPC_ROUTE)
        yield Change(reference, obj, routed(obj, wanted, with_headers=has_headers))


def has_taken(obj: KubeObject) -> bool | None:
    """Every gateway of the route has accepted it as it is now, with all that it leads to; None where none says which
    generation it speaks of.

    A gateway answers the share of a service that it has not found with errors: such a share proves nothing. Gateways that
    the route does not name any more may have left a word behind: it does not count.
    """
    named = {ref.get("name") for ref in canonical.get_path(obj, "spec", "parentRefs") or []}
    generation = canonical.get_path(obj, "metadata", "generation") or 0
    words = [
        condition
        for parent in canonical.get_path(obj, "status", "parents") or []
        if canonical.get_path(parent, "parentRef", "name") in named
        for condition in parent.get("conditions") or []
        if condition.get("type") in VERDICTS and condition.get("observedGeneration")
    ]
    if not words:
        return None
    return all(word.get("status") == "True" and word["observedGeneration"] >= generation for word in words)


def routed(obj: KubeObject, wanted: WantedTraffic, *, with_headers: bool) -> KubeObject:
    """Weights in every rule that has both services; other rules, backends and fields stay. Raises RoutingProblem."""
    notes = _notes(obj)
    rules = [rule for rule in canonical.get_path(obj, "spec", "rules") or [] if not _is_ours(rule, notes, wanted)]
    chosen = [index for index, rule in enumerate(rules) if _is_shared(rule, wanted)]
    if not chosen:
        raise RoutingProblem(
            f"{obj.get('kind')} {canonical.get_path(obj, 'metadata', 'name')}: no rule has both "
            f"{wanted.stable} and {wanted.canary} among its backendRefs"
        )
    weighted = [_weighted(rule, wanted, notes) if index in chosen else rule for index, rule in enumerate(rules)]
    headers = {route.name: route for route in wanted.headers} if with_headers else {}
    own = {name: _header_rule(headers[name], weighted[chosen[0]], wanted) for name in wanted.managed if name in headers}
    changed = canonical.with_path(obj, [*weighted, *own.values()], "spec", "rules")
    kept = Notes(
        rules={name: rule["matches"] for name, rule in own.items()},
        services=[other.service_name for other in wanted.additional],
    )
    if kept != Notes():
        return canonical.with_path(changed, msgspec.json.encode(kept).decode(), "metadata", "annotations", MANAGED)
    has_others = bool(annotations_of(obj).keys() - {MANAGED})
    return canonical.without(changed, ("metadata", "annotations", *((MANAGED,) if has_others else ())))


def _notes(obj: KubeObject) -> Notes:
    """What cannot be read is nobody's."""
    try:
        return msgspec.json.decode(annotations_of(obj).get(MANAGED) or "{}", type=Notes)
    except msgspec.DecodeError:
        return Notes()


def _services(rule: Mapping[str, Any]) -> list[str]:
    return [
        str(backend.get("name") or "")
        for backend in rule.get("backendRefs") or []
        if backend.get("kind", "Service") == "Service"
    ]


def _is_shared(rule: Mapping[str, Any], wanted: WantedTraffic) -> bool:
    return {wanted.canary, wanted.stable} <= set(_services(rule))


def _is_ours(rule: Mapping[str, Any], notes: Notes, wanted: WantedTraffic) -> bool:
    """With pingPong the rule of the last release leads to what is the stable service now."""
    services = _services(rule)
    is_single = len(services) == 1 and services[0] in (wanted.canary, wanted.stable)
    return is_single and any(canonical.equal(rule.get("matches"), matches) for matches in notes.rules.values())


def _weighted(rule: Mapping[str, Any], wanted: WantedTraffic, notes: Notes) -> dict[str, Any]:
    weights = {wanted.canary: wanted.weight, wanted.stable: wanted.stable_weight}
    additional = {other.service_name: other.weight for other in wanted.additional}
    backends = []
    model: Mapping[str, Any] = {}
    for backend in rule["backendRefs"]:
        name = backend.get("name") if backend.get("kind", "Service") == "Service" else None
        if name in weights:
            model = backend if name == wanted.stable else model
            backends.append({**backend, "weight": weights[name]})
        elif name not in notes.services and name not in additional:
            backends.append(backend)
    added = [{**model, "name": name, "weight": weight} for name, weight in additional.items()]
    return {**rule, "backendRefs": [*backends, *added]}


def _header_rule(route: SetHeaderRoute, base: Mapping[str, Any], wanted: WantedTraffic) -> dict[str, Any]:
    """All headers must be there, together with what the rule of the weights matches."""
    headers = [
        {"name": match.header_name, **_header_value(match.header_value)} for match in route.match if match.header_name
    ]
    matches: Sequence[Mapping[str, Any]] = base.get("matches") or [{}]
    canary = next(backend for backend in base["backendRefs"] if backend.get("name") == wanted.canary)
    rule = {key: value for key, value in base.items() if key != "name"}
    return {
        **rule,
        "matches": [{**match, "headers": [*(match.get("headers") or []), *headers]} for match in matches],
        "backendRefs": [{**canary, "weight": 1}],
    }


def _header_value(value: StringMatch) -> dict[str, str]:
    if value.exact:
        return {"type": "Exact", "value": value.exact}
    # Nothing else matches by a prefix.
    return {"type": "RegularExpression", "value": f"{re.escape(value.prefix)}.*" if value.prefix else value.regex}
