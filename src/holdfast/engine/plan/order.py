"""The order among objects of one wave, and the wave of an object."""

from __future__ import annotations

from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import Annotation

# Namespaces and definitions before everything; then as Argo CD and Helm install. Kinds not named here come last.
# Source: https://helm.sh/docs/intro/using_helm/ and argo-cd gitops-engine/pkg/sync/sync_tasks.go
KINDS = (
    "Namespace",
    "CustomResourceDefinition",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodSecurityPolicy",
    "PodDisruptionBudget",
    "Secret",
    "ConfigMap",
    "StorageClass",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "Service",
    "DaemonSet",
    "Pod",
    "ReplicaSet",
    "ReplicationController",
    "Deployment",
    "StatefulSet",
    "Job",
    "CronJob",
    "Ingress",
    "APIService",
)
_RANK = {kind: rank for rank, kind in enumerate(KINDS)}


def kind_rank(kind: str) -> int:
    return _RANK.get(kind, len(KINDS))


def sort_key(key: ObjectKey) -> tuple[int, ObjectKey]:
    return kind_rank(key.kind), key


def wave_of(obj: KubeObject | None) -> int:
    """The sync-wave annotation, else Helm's hook weight, else 0; what is no number counts as absent."""
    annotations = annotations_of(obj) if obj is not None else {}
    for annotation in (Annotation.SYNC_WAVE, Annotation.HELM_HOOK_WEIGHT):
        try:
            return int(annotations.get(annotation, ""))
        except (TypeError, ValueError):
            continue
    return 0
