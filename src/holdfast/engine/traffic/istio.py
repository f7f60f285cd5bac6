"""Istio: weights of VirtualService routes, subsets of a DestinationRule, routes of our own for headers and mirrors.

Only the routes that the Rollout names are touched, and of them only the weights of its two destinations; everything else
stays as it was written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec import Struct

from holdfast.engine.kube import canonical
from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, there
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, annotations_of, namespace_of
from holdfast.model.names import HASH_LABEL
from holdfast.model.traffic import IstioTrafficRouting, IstioVirtualService, SetHeaderRoute, SetMirrorRoute, TLSRoute
from holdfast.model.wanted_traffic import WantedTraffic

GROUP: Final = "networking.istio.io"
VIRTUAL_SERVICE: Final = GroupKind(GROUP, "VirtualService")
DESTINATION_RULE: Final = GroupKind(GROUP, "DestinationRule")
EXPERIMENTS: Final = "holdfast.dev/experiment-destinations"
"""Which destinations of a VirtualService are those of running experiments: they are taken away again."""


class Shares(Struct, frozen=True):
    """How a destination is told: by its host, or by its subset where a DestinationRule is given."""

    wanted: WantedTraffic
    canary_subset: str = ""
    stable_subset: str = ""
    namespace: str = ""
    additional_subsets: tuple[str, ...] = ()

    @property
    def by_subset(self) -> bool:
        return bool(self.canary_subset)

    def is_canary(self, destination: Mapping[str, Any]) -> bool:
        return self._is(destination, self.wanted.canary, self.canary_subset)

    def is_stable(self, destination: Mapping[str, Any]) -> bool:
        return self._is(destination, self.wanted.stable, self.stable_subset)

    def _is(self, destination: Mapping[str, Any], service: str, subset: str) -> bool:
        if self.by_subset:
            return destination.get("subset") == subset
        return is_host_of(str(destination.get("host") or ""), service, self.namespace)


def is_host_of(host: str, service: str, namespace: str) -> bool:
    """Short names, and those that say namespace and cluster."""
    name, _, rest = host.partition(".")
    return bool(service) and name == service and (not rest or not namespace or rest.split(".")[0] == namespace)


def virtual_services(routing: IstioTrafficRouting) -> tuple[IstioVirtualService, ...]:
    single = (routing.virtual_service,) if routing.virtual_service is not None else ()
    return (*single, *routing.virtual_services)


def references(routing: IstioTrafficRouting, namespace: str) -> list[Reference]:
    """A VirtualService of another namespace is named `name.namespace`."""
    found = [_virtual_service(named, namespace) for named in virtual_services(routing)]
    rule = routing.destination_rule
    return [*found, Reference(DESTINATION_RULE, namespace, rule.name)] if rule is not None else found


def _virtual_service(named: IstioVirtualService, namespace: str) -> Reference:
    name, _, elsewhere = named.name.partition(".")
    return Reference(VIRTUAL_SERVICE, elsewhere or namespace, name)


def changes(
    routing: IstioTrafficRouting, wanted: WantedTraffic, found: Mapping[Reference, KubeObject], namespace: str
) -> Iterator[Change]:
    """`namespace` is that of the Rollout."""
    rule = routing.destination_rule
    for named in virtual_services(routing):
        reference = _virtual_service(named, namespace)
        obj = there(reference, found)
        shares = Shares(
            wanted,
            canary_subset=rule.canary_subset_name if rule is not None else "",
            stable_subset=rule.stable_subset_name if rule is not None else "",
            namespace=namespace_of(obj),
            additional_subsets=rule.additional_subset_names if rule is not None else (),
        )
        yield Change(reference, obj, routed(obj, named, shares))
    if rule is not None:
        place = Reference(DESTINATION_RULE, namespace, rule.name)
        obj = there(place, found)
        subsets = {rule.canary_subset_name: wanted.canary_hash, rule.stable_subset_name: wanted.stable_hash}
        for index, name in enumerate(rule.additional_subset_names):
            subsets[name] = wanted.additional[index].pod_template_hash if index < len(wanted.additional) else ""
        yield Change(place, obj, with_subsets(obj, subsets))


def routed(obj: KubeObject, named: IstioVirtualService, shares: Shares) -> KubeObject:
    """The VirtualService with the wanted weights and managed routes. Raises RoutingProblem."""
    spec = obj.get("spec") or {}
    changed = dict(spec)
    noted = _noted(obj)
    is_inferred = not (named.routes or named.tls_routes or named.tcp_routes)
    http = spec.get("http") or []
    if not all(isinstance(route, dict) for route in http):
        raise RoutingProblem("spec.http holds something that is no route")
    if named.routes or (is_inferred and http):
        own = [route for route in http if route.get("name") not in shares.wanted.managed]
        chosen = _named_http(own, named.routes)
        weighted = [_weighted(route, shares, noted) if index in chosen else route for index, route in enumerate(own)]
        extra = _managed(weighted[min(chosen)], shares)
        changed["http"] = [*extra, *weighted]
    for protocol, given in (("tls", named.tls_routes), ("tcp", named.tcp_routes)):
        routes = spec.get(protocol) or []
        if given or (is_inferred and routes):
            chosen = _matching(routes, given, protocol)
            changed[protocol] = [
                _weighted(route, shares, noted) if index in chosen else route for index, route in enumerate(routes)
            ]
    if is_inferred and not any(spec.get(protocol) for protocol in ("http", "tls", "tcp")):
        raise RoutingProblem("the VirtualService has no routes")
    return _with_note(obj if changed == spec else {**obj, "spec": changed}, shares)


def _named_http(routes: Sequence[dict[str, Any]], names: Sequence[str]) -> set[int]:
    if not names:
        if len(routes) != 1:
            raise RoutingProblem("routes must be named where the VirtualService has not exactly one")
        return {0}
    chosen = set()
    for name in names:
        index = next((index for index, route in enumerate(routes) if route.get("name") == name), None)
        if index is None:
            raise RoutingProblem(f"HTTP Route '{name}' is not found in the defined Virtual Service.")
        chosen.add(index)
    return chosen


def _matching(routes: Sequence[dict[str, Any]], given: Sequence[Any], protocol: str) -> set[int]:
    if not given:
        if len(routes) != 1:
            raise RoutingProblem(f"{protocol} routes must be named where the VirtualService has not exactly one")
        return {0}
    chosen = set()
    for wanted in given:
        found = {index for index, route in enumerate(routes) if _fits(route, wanted)}
        if not found:
            raise RoutingProblem(f"no {protocol} route of the VirtualService matches port {wanted.port}")
        chosen |= found
    return chosen


def _fits(route: dict[str, Any], wanted: Any) -> bool:
    """Hosts count only where they stand with the wanted port."""
    matches = [match for match in route.get("match") or [] if not wanted.port or match.get("port") == wanted.port]
    if wanted.port and not matches:
        return False
    hosts = {host for match in matches for host in match.get("sniHosts") or []}
    return not (isinstance(wanted, TLSRoute) and wanted.sni_hosts) or hosts == set(wanted.sni_hosts)


def _weighted(route: dict[str, Any], shares: Shares, noted: Collection[str]) -> dict[str, Any]:
    """Any other destination is a person's and stays as it was written, but for those of experiments, which are ours."""
    destinations = route.get("route") or []
    at_stable, at_canary = _split(destinations, shares)
    weights = {at_stable: shares.wanted.stable_weight, at_canary: shares.wanted.weight}
    kept = []
    for index, entry in enumerate(destinations):
        if index in weights:
            kept.append({**entry, "weight": weights[index]})
        elif not _is_of_experiment(entry, shares, noted):
            kept.append(entry)
    return {**route, "route": [*kept, *_additional(destinations[at_stable]["destination"], shares)]}


def _is_of_experiment(entry: Mapping[str, Any], shares: Shares, noted: Collection[str]) -> bool:
    """One of the additional subsets, or a service that is noted, or about to be, without any subset of its own."""
    destination = entry.get("destination") or {}
    subset = destination.get("subset") or ""
    if subset:
        return subset in shares.additional_subsets
    return destination.get("host") in {*noted, *(other.service_name for other in shares.wanted.additional)}


def _additional(stable: Mapping[str, Any], shares: Shares) -> list[dict[str, Any]]:
    """The first experiment's pods are the first of the additional subsets, and so on; without one, their service."""
    found = []
    for index, other in enumerate(shares.wanted.additional):
        if index < len(shares.additional_subsets):
            destination = {**stable, "subset": shares.additional_subsets[index]}
        else:
            destination = {key: value for key, value in stable.items() if key != "subset"}
            destination["host"] = other.service_name
        found.append({"destination": destination, "weight": other.weight})
    return found


def _split(destinations: Sequence[dict[str, Any]], shares: Shares) -> tuple[int, int]:
    """Where the stable destination and that of the canary stand. Raises RoutingProblem."""
    places = [entry.get("destination") or {} for entry in destinations]
    canaries = [index for index, place in enumerate(places) if shares.is_canary(place)]
    stables = [index for index, place in enumerate(places) if shares.is_stable(place)]
    what = "DestinationRule subset" if shares.by_subset else "Service"
    if not canaries:
        name = shares.canary_subset or shares.wanted.canary
        raise RoutingProblem(f"Canary {what} '{name}' not found in route")
    if not stables:
        name = shares.stable_subset or shares.wanted.stable
        raise RoutingProblem(f"Stable {what} '{name}' not found in route")
    for index in canaries[1:]:
        if destinations[index].get("weight"):
            # No step and no abort would ever take this share away.
            name = shares.canary_subset or shares.wanted.canary
            raise RoutingProblem(f"Canary {what} '{name}' is in the route twice: only one may have a weight")
    return stables[0], canaries[0]


def _noted(obj: KubeObject) -> Collection[str]:
    """The services of experiments that are in the routes now. What cannot be read is nobody's."""
    try:
        return msgspec.json.decode(annotations_of(obj).get(EXPERIMENTS) or "[]", type=list[str])
    except msgspec.DecodeError:
        return ()


def _with_note(obj: KubeObject, shares: Shares) -> KubeObject:
    services = [other.service_name for other in shares.wanted.additional[len(shares.additional_subsets) :]]
    if services:
        return canonical.with_path(obj, msgspec.json.encode(services).decode(), "metadata", "annotations", EXPERIMENTS)
    if EXPERIMENTS not in annotations_of(obj):
        return obj
    has_others = len(annotations_of(obj)) > 1
    return canonical.without(obj, ("metadata", "annotations", *((EXPERIMENTS,) if has_others else ())))


def _managed(base: dict[str, Any], shares: Shares) -> list[dict[str, Any]]:
    """Our own routes stand before all others, in the order of `managedRoutes`."""
    wanted = shares.wanted
    headers = {route.name: route for route in wanted.headers}
    mirrors = {route.name: route for route in wanted.mirrors}
    _, at = _split(base.get("route") or [], shares)
    canary = base["route"][at]
    found = []
    for name in wanted.managed:
        if name in headers:
            found.append(_header_route(headers[name], canary["destination"]))
        elif name in mirrors:
            found.append(_mirror_route(mirrors[name], base, canary["destination"]))
    return found


def _header_route(route: SetHeaderRoute, canary: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": route.name,
        "match": [{"headers": {match.header_name: _string_match(match.header_value)}} for match in route.match],
        "route": [{"destination": canary, "weight": 100}],
    }


def _mirror_route(route: SetMirrorRoute, base: dict[str, Any], canary: dict[str, Any]) -> dict[str, Any]:
    matches = []
    for match in route.match:
        entry: dict[str, Any] = {}
        if match.method is not None:
            entry["method"] = _string_match(match.method)
        if match.path is not None:
            entry["uri"] = _string_match(match.path)
        if match.headers:
            entry["headers"] = {name: _string_match(value) for name, value in match.headers.items()}
        matches.append(entry)
    percentage = 100 if route.percentage is None else route.percentage
    return {
        "name": route.name,
        "match": matches,
        "route": base["route"],
        "mirror": {"host": route.service} if route.service else canary,
        "mirrorPercentage": {"value": float(percentage)},
    }


def _string_match(value: Any) -> dict[str, str]:
    if value.exact:
        return {"exact": value.exact}
    return {"prefix": value.prefix} if value.prefix else {"regex": value.regex}


def with_subsets(rule: KubeObject, hashes: Mapping[str, str]) -> KubeObject:
    """The subsets select the pods of these hashes. Raises RoutingProblem for one that is not there."""
    subsets = canonical.get_path(rule, "spec", "subsets") or []
    names = {subset.get("name") for subset in subsets}
    for name in hashes:
        if name not in names:
            raise RoutingProblem(f"DestinationRule subset '{name}' is not there")
    changed = [
        canonical.with_path(subset, hashes[subset["name"]], "labels", HASH_LABEL)
        if hashes.get(str(subset.get("name")))
        else subset
        for subset in subsets
    ]
    return rule if changed == subsets else canonical.with_path(rule, changed, "spec", "subsets")
