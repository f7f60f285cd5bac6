"""The cells of what a cluster is made of: namespaces, nodes, events, configuration, volumes, roles, definitions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from holdfast.engine.kube.canonical import get_path
from holdfast.model.kube import KubeObject
from holdfast.sandbox.tables import cells
from holdfast.sandbox.tables.cells import Cells

_ROLE_LABEL: Final = "node-role.kubernetes.io/"
_ACCESS_MODES: Final = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def _namespace(obj: KubeObject, now: datetime) -> list[Any]:
    return [cells.name(obj), get_path(obj, "status", "phase"), cells.age(obj, now)]


def _config_map(obj: KubeObject, now: datetime) -> list[Any]:
    count = len(obj.get("data") or ()) + len(obj.get("binaryData") or ())
    return [cells.name(obj), count, cells.age(obj, now)]


def _secret(obj: KubeObject, now: datetime) -> list[Any]:
    return [cells.name(obj), obj.get("type"), len(obj.get("data") or ()), cells.age(obj, now)]


def _service_account(obj: KubeObject, now: datetime) -> list[Any]:
    return [cells.name(obj), cells.age(obj, now)]


def _node(obj: KubeObject, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    ready = next((each for each in status.get("conditions") or () if each.get("type") == "Ready"), None)
    word = "Unknown" if ready is None else "Ready" if ready.get("status") == "True" else "NotReady"
    if get_path(obj, "spec", "unschedulable"):
        word += ",SchedulingDisabled"
    labels = obj["metadata"].get("labels") or {}
    roles = sorted(key.removeprefix(_ROLE_LABEL) for key in labels if key.startswith(_ROLE_LABEL))
    addresses = {each.get("type"): each.get("address") for each in status.get("addresses") or ()}
    info = status.get("nodeInfo") or {}
    return [
        cells.name(obj),
        word,
        ",".join(roles) or "<none>",
        cells.age(obj, now),
        info.get("kubeletVersion") or "",
        addresses.get("InternalIP") or "<none>",
        addresses.get("ExternalIP") or "<none>",
        info.get("osImage") or "<unknown>",
        info.get("kernelVersion") or "<unknown>",
        info.get("containerRuntimeVersion") or "<unknown>",
    ]


def _event(obj: KubeObject, now: datetime) -> list[Any]:
    involved = obj.get("involvedObject") or obj.get("regarding") or {}
    series = obj.get("series") or {}
    first = obj.get("firstTimestamp") or obj.get("deprecatedFirstTimestamp") or obj.get("eventTime")
    last = series.get("lastObservedTime") or obj.get("lastTimestamp") or obj.get("deprecatedLastTimestamp") or first
    source = obj.get("source") or obj.get("deprecatedSource") or {}
    reporter = source.get("component") or obj.get("reportingComponent") or obj.get("reportingController") or ""
    kind, name = str(involved.get("kind") or "").lower(), involved.get("name")
    return [
        cells.since(last, now),
        obj.get("type") or "",
        obj.get("reason") or "",
        f"{kind}/{name}" if kind else name,
        involved.get("fieldPath") or "",
        f"{reporter}, {source['host']}" if source.get("host") else reporter,
        str(obj.get("message") or obj.get("note") or "").strip(),
        cells.since(first, now),
        series.get("count") or obj.get("count") or obj.get("deprecatedCount") or 1,
        cells.name(obj),
    ]


def _modes(modes: Any) -> str:
    return ",".join(_ACCESS_MODES.get(mode, str(mode)) for mode in modes or ())


def _claim(obj: KubeObject, now: datetime) -> list[Any]:
    bound = bool(get_path(obj, "spec", "volumeName"))
    word = "Terminating" if obj["metadata"].get("deletionTimestamp") else get_path(obj, "status", "phase")
    return [
        cells.name(obj),
        word,
        get_path(obj, "spec", "volumeName") or "",
        (get_path(obj, "status", "capacity", "storage") or "") if bound else "",
        _modes(get_path(obj, "status", "accessModes")) if bound else "",
        get_path(obj, "spec", "storageClassName") or "",
        get_path(obj, "spec", "volumeAttributesClassName") or "<unset>",
        cells.age(obj, now),
        get_path(obj, "spec", "volumeMode") or "<unset>",
    ]


def _volume(obj: KubeObject, now: datetime) -> list[Any]:
    claim = get_path(obj, "spec", "claimRef") or {}
    word = "Terminating" if obj["metadata"].get("deletionTimestamp") else get_path(obj, "status", "phase")
    return [
        cells.name(obj),
        get_path(obj, "spec", "capacity", "storage") or "",
        _modes(get_path(obj, "spec", "accessModes")),
        get_path(obj, "spec", "persistentVolumeReclaimPolicy"),
        word,
        f"{claim['namespace']}/{claim['name']}" if claim.get("name") else "",
        get_path(obj, "spec", "storageClassName") or "",
        get_path(obj, "spec", "volumeAttributesClassName") or "<unset>",
        get_path(obj, "status", "reason") or "",
        cells.age(obj, now),
        get_path(obj, "spec", "volumeMode") or "<unset>",
    ]


def _storage_class(obj: KubeObject, now: datetime) -> list[Any]:
    annotations = obj["metadata"].get("annotations") or {}
    is_default = annotations.get("storageclass.kubernetes.io/is-default-class") == "true"
    return [
        cells.name(obj) + (" (default)" if is_default else ""),
        obj.get("provisioner"),
        obj.get("reclaimPolicy"),
        obj.get("volumeBindingMode"),
        bool(obj.get("allowVolumeExpansion")),
        cells.age(obj, now),
    ]


def _binding(obj: KubeObject, now: datetime) -> list[Any]:
    role = obj.get("roleRef") or {}
    subjects = obj.get("subjects") or ()
    by_kind = {
        kind: [each.get("name", "") for each in subjects if each.get("kind") == kind] for kind in ("User", "Group")
    }
    accounts = [
        f"{each.get('namespace', '')}/{each.get('name', '')}"
        for each in subjects
        if each.get("kind") == "ServiceAccount"
    ]
    listed = [", ".join(by_kind["User"]), ", ".join(by_kind["Group"]), ", ".join(accounts)]
    return [cells.name(obj), f"{role.get('kind')}/{role.get('name')}", cells.age(obj, now), *listed]


def _role(obj: KubeObject, _: datetime) -> list[Any]:
    return [cells.name(obj), obj["metadata"].get("creationTimestamp")]


def _definition(obj: KubeObject, _: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    names = spec.get("names") or {}
    conditions = get_path(obj, "status", "conditions") or ()
    established = any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)
    return [
        cells.name(obj),
        spec.get("scope"),
        ",".join(version["name"] for version in spec.get("versions") or ()),
        obj["metadata"].get("creationTimestamp"),
        spec.get("group"),
        names.get("kind"),
        ",".join(names.get("shortNames") or ()),
        established,
    ]


def _lease(obj: KubeObject, now: datetime) -> list[Any]:
    return [cells.name(obj), get_path(obj, "spec", "holderIdentity") or "", cells.age(obj, now)]


def _priority_class(obj: KubeObject, now: datetime) -> list[Any]:
    policy = obj.get("preemptionPolicy")
    return [cells.name(obj), obj.get("value"), bool(obj.get("globalDefault")), cells.age(obj, now), policy]


def _webhooks(obj: KubeObject, now: datetime) -> list[Any]:
    return [cells.name(obj), len(obj.get("webhooks") or ()), cells.age(obj, now)]


_RBAC: Final = "rbac.authorization.k8s.io"

CELLS: Final[Mapping[tuple[str, str], Cells]] = {
    ("", "Namespace"): _namespace,
    ("", "ConfigMap"): _config_map,
    ("", "Secret"): _secret,
    ("", "ServiceAccount"): _service_account,
    ("", "Node"): _node,
    ("", "Event"): _event,
    ("events.k8s.io", "Event"): _event,
    ("", "PersistentVolumeClaim"): _claim,
    ("", "PersistentVolume"): _volume,
    ("storage.k8s.io", "StorageClass"): _storage_class,
    (_RBAC, "RoleBinding"): _binding,
    (_RBAC, "ClusterRoleBinding"): _binding,
    (_RBAC, "Role"): _role,
    (_RBAC, "ClusterRole"): _role,
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _definition,
    ("coordination.k8s.io", "Lease"): _lease,
    ("scheduling.k8s.io", "PriorityClass"): _priority_class,
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"): _webhooks,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): _webhooks,
}
