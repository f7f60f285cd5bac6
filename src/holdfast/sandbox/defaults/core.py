"""Defaults of the core kinds that run nothing: Namespace, Service, Secret, volumes, quotas, Nodes, Events."""

from __future__ import annotations

import base64
from typing import Any, Final

from holdfast.engine.kube.canonical import get_path
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox.defaults.statuses import initial_status

NAME_LABEL: Final = "kubernetes.io/metadata.name"


def _namespace(obj: dict[str, Any]) -> None:
    obj["metadata"].setdefault("labels", {}).setdefault(NAME_LABEL, obj["metadata"].get("name") or "")
    obj.setdefault("spec", {})


def _prepare_namespace(obj: dict[str, Any], before: KubeObject | None) -> None:
    """The list of finalizers begins with the server's own and changes by /finalize alone."""
    if before is not None:
        obj["spec"] = before.get("spec") or {}
        return
    finalizers = obj["spec"].setdefault("finalizers", [])
    if "kubernetes" not in finalizers:
        finalizers.append("kubernetes")
    obj["status"] = {"phase": "Active"}


def _service(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    kind = spec.setdefault("type", "ClusterIP")
    spec.setdefault("sessionAffinity", "None")
    if spec["sessionAffinity"] == "ClientIP":
        affinity = spec.setdefault("sessionAffinityConfig", {}).setdefault("clientIP", {})
        affinity.setdefault("timeoutSeconds", 10800)
    for port in spec.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if port.get("targetPort") in (None, 0, ""):
            port["targetPort"] = port.get("port")
    if kind != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    if kind in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if kind == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
        for ingress in get_path(obj, "status", "loadBalancer", "ingress") or ():
            if ingress.get("ip"):
                ingress.setdefault("ipMode", "VIP")


def _secret(obj: dict[str, Any]) -> None:
    obj.setdefault("type", "Opaque")
    plain = obj.pop("stringData", None)
    if plain:
        data = obj.setdefault("data", {})
        data.update({key: base64.b64encode(value.encode()).decode() for key, value in plain.items()})


def _claim(obj: dict[str, Any]) -> None:
    claim_spec(obj.setdefault("spec", {}))


def _new_claim(obj: dict[str, Any], before: KubeObject | None) -> None:
    if before is None:
        _protect(obj, "kubernetes.io/pvc-protection")
        obj["status"] = {"phase": "Pending"}


def _protect(obj: dict[str, Any], finalizer: str) -> None:
    finalizers = obj["metadata"].setdefault("finalizers", [])
    if finalizer not in finalizers:
        finalizers.append(finalizer)


def claim_spec(spec: dict[str, Any]) -> None:
    spec.setdefault("volumeMode", "Filesystem")
    spec.setdefault("resources", {})


def _volume(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("persistentVolumeReclaimPolicy", "Retain")
    spec.setdefault("volumeMode", "Filesystem")
    if "hostPath" in spec:
        spec["hostPath"].setdefault("type", "")


def _new_volume(obj: dict[str, Any], before: KubeObject | None) -> None:
    if before is None:
        _protect(obj, "kubernetes.io/pv-protection")
        obj["status"] = {"phase": "Pending", "lastPhaseTransitionTime": obj["metadata"]["creationTimestamp"]}


def _limit_range(obj: dict[str, Any]) -> None:
    for limit in obj.setdefault("spec", {}).get("limits") or ():
        if limit.get("type") != "Container":
            continue
        default = {**(limit.get("max") or {}), **(limit.get("default") or {})}
        requests = {**(limit.get("min") or {}), **default, **(limit.get("defaultRequest") or {})}
        if default:
            limit["default"] = default
        if requests:
            limit["defaultRequest"] = requests


_NODE_INFO: Final = (
    "machineID",
    "systemUUID",
    "bootID",
    "kernelVersion",
    "osImage",
    "containerRuntimeVersion",
    "kubeletVersion",
    "kubeProxyVersion",
    "operatingSystem",
    "architecture",
)


def _event(obj: dict[str, Any]) -> None:
    obj.setdefault("source", {})
    obj.setdefault("involvedObject", {})
    for name in ("firstTimestamp", "lastTimestamp", "eventTime"):
        obj.setdefault(name, None)
    for name in ("reportingComponent", "reportingInstance"):
        obj.setdefault(name, "")


DEFAULTS: Final = {
    GroupKind("", "Namespace"): _namespace,
    GroupKind("", "Service"): _service,
    GroupKind("", "Secret"): _secret,
    GroupKind("", "PersistentVolumeClaim"): _claim,
    GroupKind("", "PersistentVolume"): _volume,
    GroupKind("", "LimitRange"): _limit_range,
    GroupKind("", "Event"): _event,
    GroupKind("events.k8s.io", "Event"): _event,
}
PREPARATIONS: Final = {
    GroupKind("", "Namespace"): _prepare_namespace,
    GroupKind("", "Service"): initial_status({"loadBalancer": {}}),
    GroupKind("", "PersistentVolumeClaim"): _new_claim,
    GroupKind("", "PersistentVolume"): _new_volume,
    GroupKind("", "ResourceQuota"): initial_status({}),
    GroupKind("", "Node"): initial_status(
        {"daemonEndpoints": {"kubeletEndpoint": {"Port": 0}}, "nodeInfo": dict.fromkeys(_NODE_INFO, "")}
    ),
}
