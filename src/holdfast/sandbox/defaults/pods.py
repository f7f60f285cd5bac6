"""Defaults of Pods and of every Pod template."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject

_FILE_MODE: Final = 0o644
_NOT_READY: Final = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")


def template(template_object: dict[str, Any]) -> None:
    """A Pod template of a workload."""
    template_object.setdefault("metadata", {})
    template_object["metadata"].pop("creationTimestamp", None)
    pod_spec(template_object.setdefault("spec", {}))


def pod_spec(spec: dict[str, Any]) -> None:
    spec.setdefault("restartPolicy", "Always")
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("dnsPolicy", "ClusterFirst")
    spec.setdefault("securityContext", {})
    spec.setdefault("schedulerName", "default-scheduler")
    if spec.get("serviceAccountName"):
        spec["serviceAccount"] = spec["serviceAccountName"]
    elif spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    for member in ("initContainers", "containers", "ephemeralContainers"):
        for container in spec.get(member) or ():
            _container(container, uses_host_network=spec.get("hostNetwork") is True)
    for volume in spec.get("volumes") or ():
        _volume(volume)


def _container(container: dict[str, Any], *, uses_host_network: bool) -> None:
    container.setdefault("terminationMessagePath", "/dev/termination-log")
    container.setdefault("terminationMessagePolicy", "File")
    container.setdefault("imagePullPolicy", _pull_policy(container.get("image") or ""))
    container.setdefault("resources", {})
    for port in container.get("ports") or ():
        port.setdefault("protocol", "TCP")
        if uses_host_network:
            port.setdefault("hostPort", port.get("containerPort"))
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        if probe in container:
            _probe(container[probe])
    for hook in (container.get("lifecycle") or {}).values():
        if isinstance(hook, dict):
            _http_get(hook)
    for variable in container.get("env") or ():
        reference = (variable.get("valueFrom") or {}).get("fieldRef")
        if reference is not None:
            reference.setdefault("apiVersion", "v1")
        resource = (variable.get("valueFrom") or {}).get("resourceFieldRef")
        if resource is not None:
            resource.setdefault("divisor", "0")


def _pull_policy(image: str) -> str:
    name, at, _ = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if at and not tag:
        return "IfNotPresent"
    return "Always" if tag in ("", "latest") else "IfNotPresent"


def _probe(probe: dict[str, Any]) -> None:
    _http_get(probe)
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")
    for name, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        if not probe.get(name):
            probe[name] = value


def _http_get(handler: dict[str, Any]) -> None:
    if "httpGet" in handler:
        handler["httpGet"].setdefault("path", "/")
        handler["httpGet"].setdefault("scheme", "HTTP")


def _volume(volume: dict[str, Any]) -> None:
    if not any(value is not None for key, value in volume.items() if key != "name"):
        volume["emptyDir"] = {}
    for source in ("secret", "configMap", "projected", "downwardAPI"):
        if source in volume:
            volume[source].setdefault("defaultMode", _FILE_MODE)
    if "hostPath" in volume:
        volume["hostPath"].setdefault("type", "")
    _downward_items(volume.get("downwardAPI") or {})
    for source in (volume.get("projected") or {}).get("sources") or ():
        if "serviceAccountToken" in source:
            source["serviceAccountToken"].setdefault("expirationSeconds", 3600)
        _downward_items(source.get("downwardAPI") or {})
    if "ephemeral" in volume:
        claim = volume["ephemeral"].setdefault("volumeClaimTemplate", {})
        claim.setdefault("metadata", {})
        claim.setdefault("spec", {}).setdefault("volumeMode", "Filesystem")


def _downward_items(source: dict[str, Any]) -> None:
    for item in source.get("items") or ():
        if "fieldRef" in item:
            item["fieldRef"].setdefault("apiVersion", "v1")


def _pod(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    pod_spec(spec)
    spec.setdefault("enableServiceLinks", True)
    for member in ("initContainers", "containers"):
        for container in spec.get(member) or ():
            _requests_from_limits(container)


def _requests_from_limits(container: dict[str, Any]) -> None:
    resources = container.get("resources") or {}
    if resources.get("limits"):
        resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}


def _new_pod(obj: dict[str, Any], before: KubeObject | None) -> None:
    """What the admission plugins ServiceAccount, DefaultTolerationSeconds and Priority add.

    The volume with the token is left out: nothing in the sandbox reads it.
    """
    if before is not None:
        return
    spec = obj["spec"]
    obj["status"] = {"phase": "Pending", "qosClass": _quality_of_service(spec)}
    if not spec.get("serviceAccountName"):
        spec["serviceAccountName"] = spec["serviceAccount"] = "default"
    tolerations = spec.setdefault("tolerations", [])
    for taint in _NOT_READY:
        if not any(tolerance.get("key") in (taint, None, "") for tolerance in tolerations):
            tolerations.append({"key": taint, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300})
    spec.setdefault("priority", 0)
    spec.setdefault("preemptionPolicy", "PreemptLowerPriority")


def _quality_of_service(spec: dict[str, Any]) -> str:
    containers = [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]
    resources = [container.get("resources") or {} for container in containers]
    if not any(each.get("requests") or each.get("limits") for each in resources):
        return "BestEffort"
    for each in resources:
        limits = each.get("limits") or {}
        if not {"cpu", "memory"} <= limits.keys() or (each.get("requests") or limits) != limits:
            return "Burstable"
    return "Guaranteed"


def _pod_template(obj: dict[str, Any]) -> None:
    template(obj.setdefault("template", {}))


DEFAULTS: Final = {GroupKind("", "Pod"): _pod, GroupKind("", "PodTemplate"): _pod_template}
PREPARATIONS: Final = {GroupKind("", "Pod"): _new_pod}
