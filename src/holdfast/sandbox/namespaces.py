"""Namespaces: refuse what cannot be in them, give them what each has, empty them when they are deleted."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.kube import KubeObject
from holdfast.sandbox import failures
from holdfast.sandbox.registry import ServedType
from holdfast.sandbox.storage import Collection, Key, Storage

NAMESPACES: Final = Collection("", "namespaces")
INITIAL: Final = ("default", "kube-node-lease", "kube-public", "kube-system")
ROOT_CERTIFICATE: Final = "kube-root-ca.crt"

_EVERYTHING_FINE: Final = (
    ("NamespaceDeletionDiscoveryFailure", "ResourcesDiscovered", "All resources successfully discovered"),
    ("NamespaceDeletionGroupVersionParsingFailure", "ParsedGroupVersions", "All legacy kube types successfully parsed"),
    (
        "NamespaceDeletionContentFailure",
        "ContentDeleted",
        "All content successfully deleted, may be waiting on finalization",
    ),
)


def initial() -> tuple[tuple[str, str, str, KubeObject], ...]:
    """Group, version, plural and object of the namespaces that a cluster begins with."""
    return tuple(
        ("", "v1", "namespaces", {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}})
        for name in INITIAL
    )


def check_may_create(storage: Storage, served: ServedType, namespace: str, name: str) -> None:
    """Raises NotFound for a namespace that is not there, and Forbidden for one that is going."""
    stored = storage.get(NAMESPACES, Key("", namespace))
    if stored is None:
        raise failures.namespace_not_found(namespace)
    if stored.is_being_deleted:
        raise failures.namespace_terminating(served, name, namespace)


def contents_of(name: str) -> tuple[tuple[str, KubeObject], ...]:
    """What every namespace has from its beginning: plural and object."""
    account = {"kind": "ServiceAccount", "apiVersion": "v1", "metadata": {"name": "default"}}
    certificate = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {
            "name": ROOT_CERTIFICATE,
            "annotations": {
                "kubernetes.io/description": "Contains a CA bundle that can be used to verify the kube-apiserver when "
                "using internal endpoints such as the internal service IP or kubernetes.default.svc. "
                "No other usage is guaranteed across distributions of Kubernetes clusters."
            },
        },
        # The sandbox speaks plain HTTP on loopback: there is no certificate.
        "data": {"ca.crt": ""},
    }
    for obj in (account, certificate):
        metadata: dict[str, Any] = obj["metadata"]  # type: ignore[assignment]
        metadata["namespace"] = name
    return (("serviceaccounts", account), ("configmaps", certificate))


def emptying_conditions(remaining: dict[str, int], finalizers: dict[str, int], now: str) -> list[dict[str, Any]]:
    """The conditions of a namespace on its way out: by kind what is left, by finalizer what holds it up."""
    conditions = [_condition(kind, "False", reason, message, now) for kind, reason, message in _EVERYTHING_FINE]
    if remaining:
        listed = ", ".join(
            f"{resource} has {count} resource instances" for resource, count in sorted(remaining.items())
        )
        message = f"Some resources are remaining: {listed}"
        conditions.append(_condition("NamespaceContentRemaining", "True", "SomeResourcesRemain", message, now))
    else:
        message = "All content successfully removed"
        conditions.append(_condition("NamespaceContentRemaining", "False", "ContentRemoved", message, now))
    if finalizers:
        listed = ", ".join(f"{name} in {count} resource instances" for name, count in sorted(finalizers.items()))
        message = f"Some content in the namespace has finalizers remaining: {listed}"
        conditions.append(_condition("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", message, now))
    else:
        message = "All content-preserving finalizers finished"
        conditions.append(_condition("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", message, now))
    return conditions


def _condition(kind: str, status: str, reason: str, message: str, now: str) -> dict[str, Any]:
    return {"type": kind, "status": status, "lastTransitionTime": now, "reason": reason, "message": message}
