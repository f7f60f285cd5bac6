"""ingress-nginx: beside every stable Ingress a canary Ingress of our own, whose annotation says the weight.

Source: https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#canary
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from holdfast.engine.traffic.changes import Change, Reference, RoutingProblem, owned_by, owner_reference, there
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, labels_of, metadata_of
from holdfast.model.metadata import ObjectMeta
from holdfast.model.traffic import NginxTrafficRouting
from holdfast.model.wanted_traffic import WantedTraffic

INGRESS: Final = GroupKind("networking.k8s.io", "Ingress")
PREFIX: Final = "nginx.ingress.kubernetes.io"
CLASS: Final = "kubernetes.io/ingress.class"
SUFFIX: Final = "-canary"
LONGEST_NAME: Final = 253


def stable_ingresses(routing: NginxTrafficRouting) -> tuple[str, ...]:
    return routing.stable_ingresses or (routing.stable_ingress,)


def canary_name(rollout: str, stable: str) -> str:
    return f"{rollout}-{stable}"[: LONGEST_NAME - len(SUFFIX)] + SUFFIX


def references(routing: NginxTrafficRouting, owner: ObjectMeta) -> Iterator[Reference]:
    for name in stable_ingresses(routing):
        yield Reference(INGRESS, owner.namespace, name)
        yield _ours(owner, name)


def _ours(owner: ObjectMeta, stable: str) -> Reference:
    return Reference(INGRESS, owner.namespace, canary_name(owner.name, stable), is_ours=True)


def changes(
    routing: NginxTrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, found: Mapping[Reference, KubeObject]
) -> Iterator[Change]:
    for name in stable_ingresses(routing):
        stable = there(Reference(INGRESS, owner.namespace, name), found)
        reference = _ours(owner, name)
        before = found.get(reference)
        desired = canary_ingress(routing, owner, wanted, stable)
        if before is None:
            yield Change(reference, None, desired)
            continue
        if not owned_by(before, owner):
            raise RoutingProblem(f"Ingress {reference.name} is there and not of this Rollout: remove or rename it")
        metadata = {**metadata_of(before)}
        for part in ("annotations", "labels"):
            if metadata.get(part) or desired["metadata"].get(part):
                metadata[part] = desired["metadata"].get(part, {})
        yield Change(reference, before, {**before, "metadata": metadata, "spec": desired["spec"]})


def canary_ingress(
    routing: NginxTrafficRouting, owner: ObjectMeta, wanted: WantedTraffic, stable: KubeObject
) -> KubeObject:
    """Only the paths that lead to the stable service, led to the canary's. Raises RoutingProblem without any."""
    name = str(metadata_of(stable).get("name") or "")
    spec = stable.get("spec") or {}
    rules = [canary for rule in spec.get("rules") or [] if (canary := _rule(rule, wanted)) is not None]
    if not rules:
        raise RoutingProblem(f"ingress `{name}` has no rules using service {wanted.stable} backend")
    kept = {key: spec[key] for key in ("ingressClassName", "tls") if spec.get(key)}
    metadata: dict[str, Any] = {
        "name": canary_name(owner.name, name),
        "namespace": owner.namespace,
        "annotations": _annotations(routing, wanted, stable),
        "ownerReferences": [owner_reference(owner)],
    }
    if labels_of(stable):
        metadata["labels"] = dict(labels_of(stable))
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": metadata,
        "spec": {**kept, "rules": rules},
    }


def _rule(rule: Mapping[str, Any], wanted: WantedTraffic) -> dict[str, Any] | None:
    http = rule.get("http") or {}
    paths = [
        {**path, "backend": {"service": {**path["backend"]["service"], "name": wanted.canary}}}
        for path in http.get("paths") or []
        if _service(path) == wanted.stable
    ]
    return {**rule, "http": {**http, "paths": paths}} if paths else None


def _service(path: Mapping[str, Any]) -> str:
    service = (path.get("backend") or {}).get("service") or {}
    return str(service.get("name") or "")


def _annotations(routing: NginxTrafficRouting, wanted: WantedTraffic, stable: KubeObject) -> dict[str, str]:
    """Additional ones may be written without the prefix."""
    prefix = routing.annotation_prefix or PREFIX
    found = dict(routing.canary_ingress_annotations)
    of_class = (metadata_of(stable).get("annotations") or {}).get(CLASS)
    if of_class:
        found[CLASS] = of_class
    for key, value in routing.additional_ingress_annotations.items():
        found[key if key.startswith(prefix) else f"{prefix}/{key}"] = value
    found[f"{prefix}/canary"] = "true"
    found[f"{prefix}/canary-weight"] = str(wanted.weight)
    if wanted.most != 100:
        found[f"{prefix}/canary-weight-total"] = str(wanted.most)
    return found
