"""A kind that the cluster does not serve in the version that a manifest asks for, and where it has gone."""

from __future__ import annotations

from holdfast.model.discovery import Discovery
from holdfast.model.keys import GroupKind, ObjectKey

# Kinds that left their first group. Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/
MOVED = {
    GroupKind("extensions", kind): group
    for kind, group in (
        ("Deployment", "apps"),
        ("DaemonSet", "apps"),
        ("ReplicaSet", "apps"),
        ("Ingress", "networking.k8s.io"),
        ("NetworkPolicy", "networking.k8s.io"),
    )
} | {GroupKind("", "Event"): "events.k8s.io"}


def elsewhere(discovery: Discovery, group_kind: GroupKind) -> tuple[str, ...]:
    """The apiVersions under which the kind is served, the preferred one first."""
    moved = GroupKind(MOVED.get(group_kind, group_kind.group), group_kind.kind)
    return tuple(dict.fromkeys(one.api_version for one in discovery.types if one.group_kind in (group_kind, moved)))


def objection(discovery: Discovery, key: ObjectKey, version: str) -> str:
    """Begins with Argo CD's words."""
    message = (
        f'The Kubernetes API could not find version "{version}" of {key.group}/{key.kind} for requested '
        f"resource {key.namespace}/{key.name}."
    )
    served = elsewhere(discovery, key.group_kind)
    if served:
        return f"{message} The cluster serves {key.kind} as {' and '.join(served)}: change apiVersion to {served[0]}"
    return f"{message} Is the CustomResourceDefinition installed on the destination cluster?"
