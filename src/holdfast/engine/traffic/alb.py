"""AWS Load Balancer Controller: an action of an Ingress, as an annotation, that forwards to the two services by weight.

A header route is an action of its own with conditions, to which paths lead that stand before those of the service.

Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller, "Ingress annotations", actions.${action-name} and conditions.${conditions-name}
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

from holdfast.engine.kube import canonical
from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, there
from holdfast.model.events import Event
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, annotations_of, name_of, namespace_of
from holdfast.model.metadata import ObjectMeta
from holdfast.model.rollout import ALBStatus, AwsResourceRef
from holdfast.model.traffic import ALBTrafficRouting, HeaderRoutingMatch, StickinessConfig
from holdfast.model.wanted_traffic import WantedTraffic

INGRESS: Final = GroupKind("networking.k8s.io", "Ingress")
PREFIX: Final = "alb.ingress.kubernetes.io"
MANAGED: Final = "rollouts.argoproj.io/managed-alb-annotations"
BY_ANNOTATION: Final = {"name": "use-annotation"}
LONGEST_STICKINESS: Final = 604800


def references(routing: ALBTrafficRouting, owner: ObjectMeta) -> Iterator[Reference]:
    for name in routing.ingresses or (routing.ingress,):
        yield Reference(INGRESS, owner.namespace, name)


def changes(
    routing: ALBTrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, found: Mapping[Reference, KubeObject]
) -> Iterator[Change]:
    service = routing.root_service or wanted.stable
    key = f"{routing.annotation_prefix or PREFIX}/actions.{service}"
    for reference in references(routing, owner):
        obj = there(reference, found)
        if service not in _services(obj):
            raise RoutingProblem(f"ingress {name_of(obj)} does not have service {service} in rules")
        prefix = routing.annotation_prefix or PREFIX
        special = header_annotations(routing, prefix, wanted)
        gone = {f"{prefix}/{kind}.{name}" for name in wanted.managed for kind in ("actions", "conditions")}
        annotations = {
            **{name: value for name, value in annotations_of(obj).items() if name not in gone},
            key: action(routing, wanted),
            **special,
            MANAGED: managed(annotations_of(obj), owner.name, key, *special),
        }
        after = canonical.with_path(obj, annotations, "metadata", "annotations")
        yield Change(reference, obj, with_header_paths(after, service, wanted))


def header_annotations(routing: ALBTrafficRouting, prefix: str, wanted: WantedTraffic) -> dict[str, str]:
    """An action and its conditions for each header route. All its matches must hold together. Raises RoutingProblem."""
    found = {}
    for route in wanted.headers:
        if route.name in (wanted.canary, wanted.stable, routing.root_service):
            raise RoutingProblem(f"alb: the managed route {route.name} has the name of a service")
        group = {"ServiceName": wanted.canary, "ServicePort": str(routing.service_port), "Weight": 100}
        forward = {"Type": "forward", "ForwardConfig": {"TargetGroups": [group]}}
        conditions = [_condition(match) for match in route.match]
        found[f"{prefix}/actions.{route.name}"] = msgspec.json.encode(forward).decode()
        found[f"{prefix}/conditions.{route.name}"] = msgspec.json.encode(conditions).decode()
    return found


def _condition(match: HeaderRoutingMatch) -> dict[str, Any]:
    value = match.header_value
    if not (value.exact or value.prefix):
        raise RoutingProblem(
            f"alb matches the header {match.header_name} by exact or prefix, not by a regular expression"
        )
    # What AWS takes for wildcards stands for itself here.
    said = re.sub(r"([*?\\])", r"\\\1", value.exact or value.prefix)
    values = [said if value.exact else f"{said}*"]
    return {"field": "http-header", "httpHeaderConfig": {"httpHeaderName": match.header_name, "values": values}}


def with_header_paths(ingress: KubeObject, service: str, wanted: WantedTraffic) -> KubeObject:
    """Before each path of the service one of the same kind for each header: of two alike the first one counts."""
    rules = []
    for rule in canonical.get_path(ingress, "spec", "rules") or []:
        paths: list[dict[str, Any]] = []
        for path in canonical.get_path(rule, "http", "paths") or []:
            named = canonical.get_path(path, "backend", "service") or {}
            if named.get("name") in wanted.managed and named.get("port") == BY_ANNOTATION:
                continue
            if named.get("name") == service:
                special = [{"service": {"name": route.name, "port": BY_ANNOTATION}} for route in wanted.headers]
                paths.extend({**path, "backend": backend} for backend in special)
            paths.append(path)
        rules.append(canonical.with_path(rule, paths, "http", "paths") if paths else rule)
    return canonical.with_path(ingress, rules, "spec", "rules") if rules else ingress


def _services(ingress: KubeObject) -> set[str]:
    spec = ingress.get("spec") or {}
    paths = [path for rule in spec.get("rules") or [] for path in (rule.get("http") or {}).get("paths") or []]
    backends = [spec.get("defaultBackend"), *(path.get("backend") for path in paths)]
    return {str(canonical.get_path(backend, "service", "name") or "") for backend in backends}


def action(routing: ALBTrafficRouting, wanted: WantedTraffic) -> str:
    """The JSON of the annotation. Raises RoutingProblem for a stickiness that AWS does not take."""
    shares = [
        (wanted.canary, wanted.weight),
        (wanted.stable, wanted.stable_weight),
        *((other.service_name, other.weight) for other in wanted.additional),
    ]
    groups = [
        {"ServiceName": name, "ServicePort": str(routing.service_port), "Weight": weight} for name, weight in shares
    ]
    forward: dict[str, Any] = {"TargetGroups": groups}
    if routing.stickiness_config is not None and routing.stickiness_config.enabled:
        forward["TargetGroupStickinessConfig"] = _stickiness(routing.stickiness_config)
    return msgspec.json.encode({"Type": "forward", "ForwardConfig": forward}).decode()


def hostnames(ingress: KubeObject) -> list[str]:
    """Of its load balancers outside the cluster."""
    told = canonical.get_path(ingress, "status", "loadBalancer", "ingress") or []
    return [str(one["hostname"]) for one in told if one.get("hostname")]


def is_served(ingress: KubeObject, routing: ALBTrafficRouting, forwards: Iterable[Mapping[str, int]]) -> bool:
    """Whether rules of the load balancer give exactly the weights that the Ingress asks for, and none gives its two services
    others. `forwards` are the weights of each rule by NAMESPACE/INGRESS-SERVICE:PORT."""
    asked = _asked(ingress, routing)
    # A rule for a header leads to the canary alone, and says nothing about its share.
    shared = [dict(one) for one in forwards if any(len(wanted.keys() & one.keys()) > 1 for wanted in asked)]
    return bool(asked) and all(wanted in shared for wanted in asked) and all(one in asked for one in shared)


def verification(
    ingress: KubeObject,
    routing: ALBTrafficRouting,
    canary: str,
    forwards: Sequence[Mapping[str, int]],
    groups: Mapping[str, AwsResourceRef],
) -> Event | None:
    """What is to be told of the canary's weight; None before it has any."""
    key = f"{namespace_of(ingress)}/{name_of(ingress)}-{canary}:{routing.service_port}"
    wanted = max((one[key] for one in _asked(ingress, routing) if key in one), default=0)
    what = (
        f"Service {canary} (TargetGroup {groups.get(key, AwsResourceRef()).name or 'of Ingress ' + name_of(ingress)})"
    )
    if is_served(ingress, routing, forwards):
        return Event("TargetGroupVerified", f"{what} verified: weight {wanted}") if wanted else None
    found = sorted({one[key] for one in forwards if key in one and len(one) > 1})
    served = " and ".join(str(weight) for weight in found) or "none"
    why = f"{what} not verified: weight {wanted} is asked for, the load balancer serves {served}"
    return Event("TargetGroupUnverified", why, warning=True)


def _asked(ingress: KubeObject, routing: ALBTrafficRouting) -> list[dict[str, int]]:
    """The weights of each action that shares traffic, as `is_served` has them."""
    prefix = f"{routing.annotation_prefix or PREFIX}/actions."
    return [
        {
            f"{namespace_of(ingress)}/{name_of(ingress)}-{group['ServiceName']}:{group['ServicePort']}": group["Weight"]
            for group in groups
        }
        for name, said in annotations_of(ingress).items()
        if name.startswith(prefix) and len(groups := _groups(said)) > 1
    ]


def status(
    ingress: KubeObject,
    routing: ALBTrafficRouting,
    services: tuple[str, str],
    balancer: AwsResourceRef,
    groups: Mapping[str, AwsResourceRef],
) -> ALBStatus:
    """`services` are that of the canary and that of the stable pods; `groups` are by what they were made for."""
    canary, stable = (
        groups.get(f"{namespace_of(ingress)}/{name_of(ingress)}-{service}:{routing.service_port}", AwsResourceRef())
        for service in services
    )
    return ALBStatus(
        load_balancer=balancer, canary_target_group=canary, stable_target_group=stable, ingress=name_of(ingress)
    )


def _groups(action: str) -> list[dict[str, Any]]:
    """What cannot be read is none of ours."""
    try:
        groups = msgspec.json.decode(action)["ForwardConfig"]["TargetGroups"]
        return [one for one in groups if {"ServiceName", "ServicePort", "Weight"} <= one.keys()]
    except (msgspec.DecodeError, LookupError, TypeError, AttributeError):
        return []


def _stickiness(config: StickinessConfig) -> dict[str, Any]:
    if not 1 <= config.duration_seconds <= LONGEST_STICKINESS:
        raise RoutingProblem("alb.stickinessConfig.durationSeconds must be between 1 and 604800 seconds (7 days)")
    return {"Enabled": True, "DurationSeconds": config.duration_seconds}


def managed(annotations: Mapping[str, str], rollout: str, *keys: str) -> str:
    """Which annotations are of which Rollout, with those of ours. Raises RoutingProblem for what cannot be read."""
    try:
        found = msgspec.json.decode(annotations.get(MANAGED) or "{}", type=dict[str, list[str]])
    except msgspec.DecodeError as error:
        raise RoutingProblem(f"the annotation {MANAGED} is damaged, remove it: {error}") from None
    return msgspec.json.encode({**found, rollout: sorted({*keys})}, order="deterministic").decode()
