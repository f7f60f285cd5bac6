"""Tables of how built-in kinds differ from one another in what the server does with any object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from holdfast.model.keys import GroupKind
from holdfast.sandbox.registry import ServedType

_RBAC: Final = "rbac.authorization.k8s.io"
_ADMISSION: Final = "admissionregistration.k8s.io"

# A replace of what is not there creates these, and is refused for all others.
CREATED_BY_REPLACE: Final = frozenset(
    {
        GroupKind("", "Endpoints"),
        GroupKind("", "Event"),
        GroupKind("", "LimitRange"),
        GroupKind("", "PodTemplate"),
        GroupKind("", "Service"),
        GroupKind("coordination.k8s.io", "Lease"),
        GroupKind("events.k8s.io", "Event"),
        GroupKind(_RBAC, "ClusterRole"),
        GroupKind(_RBAC, "ClusterRoleBinding"),
        GroupKind(_RBAC, "Role"),
        GroupKind(_RBAC, "RoleBinding"),
    }
)

HAS_GENERATION: Final = frozenset(
    {
        GroupKind("", "Pod"),
        GroupKind("", "PodTemplate"),
        GroupKind("", "ReplicationController"),
        GroupKind("apps", "Deployment"),
        GroupKind("apps", "ReplicaSet"),
        GroupKind("apps", "StatefulSet"),
        GroupKind("apps", "DaemonSet"),
        GroupKind("batch", "Job"),
        GroupKind("batch", "CronJob"),
        GroupKind("autoscaling", "HorizontalPodAutoscaler"),
        GroupKind("networking.k8s.io", "Ingress"),
        GroupKind("networking.k8s.io", "IngressClass"),
        GroupKind("networking.k8s.io", "NetworkPolicy"),
        GroupKind("policy", "PodDisruptionBudget"),
        GroupKind("scheduling.k8s.io", "PriorityClass"),
        GroupKind("discovery.k8s.io", "EndpointSlice"),
        GroupKind("flowcontrol.apiserver.k8s.io", "FlowSchema"),
        GroupKind("flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
        GroupKind(_ADMISSION, "ValidatingWebhookConfiguration"),
        GroupKind(_ADMISSION, "MutatingWebhookConfiguration"),
        GroupKind(_ADMISSION, "ValidatingAdmissionPolicy"),
        GroupKind(_ADMISSION, "ValidatingAdmissionPolicyBinding"),
    }
)

ANSWERS_DELETE_WITH_OBJECT: Final = frozenset(
    GroupKind("", kind)
    for kind in (
        "Pod",
        "Service",
        "ServiceAccount",
        "PodTemplate",
        "PersistentVolume",
        "PersistentVolumeClaim",
        "ResourceQuota",
    )
)

ORPHANS_BY_DEFAULT: Final = frozenset({GroupKind("batch", "Job"), GroupKind("", "ReplicationController")})

NAME_RULES: Final[Mapping[GroupKind, str]] = {
    GroupKind("", "Namespace"): "label",
    GroupKind("", "Service"): "label",
    GroupKind("apps", "StatefulSet"): "label",
    GroupKind(_RBAC, "Role"): "path-segment",
    GroupKind(_RBAC, "ClusterRole"): "path-segment",
    GroupKind(_RBAC, "RoleBinding"): "path-segment",
    GroupKind(_RBAC, "ClusterRoleBinding"): "path-segment",
}

SELECTABLE_FIELDS: Final[Mapping[GroupKind, Mapping[str, str]]] = {
    GroupKind("", "Pod"): {
        "spec.nodeName": "",
        "spec.restartPolicy": "",
        "spec.schedulerName": "",
        "spec.serviceAccountName": "",
        "spec.hostNetwork": "false",
        "status.phase": "",
        "status.podIP": "",
        "status.nominatedNodeName": "",
    },
    GroupKind("", "Event"): {
        "involvedObject.kind": "",
        "involvedObject.namespace": "",
        "involvedObject.name": "",
        "involvedObject.uid": "",
        "involvedObject.apiVersion": "",
        "involvedObject.resourceVersion": "",
        "involvedObject.fieldPath": "",
        "reason": "",
        "reportingComponent": "",
        "source": "",
        "type": "",
    },
    GroupKind("", "Secret"): {"type": ""},
    GroupKind("", "Namespace"): {"status.phase": "", "name": ""},
    GroupKind("", "Node"): {"spec.unschedulable": "false"},
    GroupKind("", "ReplicationController"): {"status.replicas": "0"},
    GroupKind("", "Service"): {"spec.clusterIP": "", "spec.type": ""},
    GroupKind("apps", "ReplicaSet"): {"status.replicas": "0"},
    GroupKind("batch", "Job"): {"status.successful": "0"},
}
"""Fields beside metadata.name and metadata.namespace, with what counts when an object lacks them."""


CLIENTS_METADATA: Final = ("labels", "annotations", "finalizers", "ownerReferences")
"""What clients change of the metadata."""

_KEPT_BY_STATUS: Final[Mapping[GroupKind, tuple[str, ...]]] = {
    GroupKind("", "Pod"): ("ownerReferences",),
    GroupKind("apps", "Deployment"): ("labels",),
    GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"): CLIENTS_METADATA,
    GroupKind("apiregistration.k8s.io", "APIService"): CLIENTS_METADATA,
}


def kept_by_status(served: ServedType) -> tuple[str, ...]:
    """What of CLIENTS_METADATA a write to the status leaves as it is."""
    return CLIENTS_METADATA if served.is_custom else _KEPT_BY_STATUS.get(group_kind(served), ())


def group_kind(served: ServedType) -> GroupKind:
    return GroupKind(served.group, served.kind)


def has_generation(served: ServedType) -> bool:
    return served.is_custom or group_kind(served) in HAS_GENERATION
