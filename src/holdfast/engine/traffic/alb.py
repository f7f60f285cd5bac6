"""AWS Load Balancer Controller: an action of an Ingress, as an annotation, that forwards to the two services by weight.

Source: https://kubernetes-sigs.github.io/aws-load-balancer-controller, "Ingress annotations", actions.${action-name}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from holdfast.engine.kube import canonical
from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, there
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, annotations_of, name_of
from holdfast.model.metadata import ObjectMeta
from holdfast.model.traffic import ALBTrafficRouting, StickinessConfig
from holdfast.model.wanted_traffic import WantedTraffic

INGRESS: Final = GroupKind("networking.k8s.io", "Ingress")
PREFIX: Final = "alb.ingress.kubernetes.io"
MANAGED: Final = "rollouts.argoproj.io/managed-alb-annotations"
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
        annotations = {
            **annotations_of(obj),
            key: action(routing, wanted),
            MANAGED: managed(annotations_of(obj), owner.name, key),
        }
        yield Change(reference, obj, canonical.with_path(obj, annotations, "metadata", "annotations"))


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
