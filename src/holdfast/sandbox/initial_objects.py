"""What a cluster has from its beginning beside its namespaces: its own Service and the two system priority classes."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.kube import KubeObject
from holdfast.sandbox.addresses import NETWORK

_API_PORT: Final = 6443


def objects() -> tuple[tuple[str, str, str, KubeObject], ...]:
    """Group, version, plural and object of each."""
    return (
        ("", "v1", "services", _service()),
        ("scheduling.k8s.io", "v1", "priorityclasses", _priority("system-cluster-critical", 2_000_000_000, _CLUSTER)),
        ("scheduling.k8s.io", "v1", "priorityclasses", _priority("system-node-critical", 2_000_001_000, _NODE)),
    )


_CLUSTER: Final = (
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary."
)
_NODE: Final = "Used for system critical pods that must not be moved from their current node."


def _service() -> dict[str, Any]:
    labels = {"component": "apiserver", "provider": "kubernetes"}
    port = {"name": "https", "port": 443, "targetPort": _API_PORT}
    return {
        "kind": "Service",
        "apiVersion": "v1",
        "metadata": {"name": "kubernetes", "namespace": "default", "labels": labels},
        "spec": {"clusterIP": str(NETWORK[1]), "ports": [port]},
    }


def _priority(name: str, value: int, description: str) -> dict[str, Any]:
    return {
        "kind": "PriorityClass",
        "apiVersion": "scheduling.k8s.io/v1",
        "metadata": {"name": name},
        "value": value,
        "description": description,
    }
