"""When two pod templates mean the same pods: what a server fills in and what the controller adds does not count."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from holdfast.engine.rollout import affinity
from holdfast.model.experiment import ChildMetadata
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import HASH_LABEL

EPHEMERAL: Final = "rollout.argoproj.io/ephemeral-metadata"

# Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/
_POD: Final = {
    "restartPolicy": "Always",
    "dnsPolicy": "ClusterFirst",
    "schedulerName": "default-scheduler",
    "terminationGracePeriodSeconds": 30,
    "enableServiceLinks": True,
    "serviceAccountName": "default",
}
_CONTAINER: Final = {"terminationMessagePath": "/dev/termination-log", "terminationMessagePolicy": "File"}
_PROBE: Final = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}
_VOLUME_SOURCES: Final = ("configMap", "secret", "downwardAPI", "projected")
_DEFAULT_MODE: Final = 0o644


def comparable(template: KubeObject) -> Any:
    metadata = dict(template.get("metadata") or {})
    labels = _left(metadata.get("labels"), {HASH_LABEL})
    annotations = metadata.get("annotations") or {}
    spec = _without_defaults(affinity.without_injected(template.get("spec") or {}))
    kept = {key: value for key, value in metadata.items() if key != "creationTimestamp"}
    return _without_empty({"metadata": {**kept, "labels": labels, "annotations": annotations}, "spec": spec})


def without_ours(template: KubeObject) -> KubeObject:
    """As a person would write it: without what the controller has added."""
    metadata = dict(template.get("metadata") or {})
    labels = _left(metadata.get("labels"), {HASH_LABEL})
    annotations = metadata.get("annotations") or {}
    kept = {key: value for key, value in metadata.items() if key not in ("creationTimestamp", "annotations")}
    metadata = {**kept, "labels": labels, **({"annotations": annotations} if annotations else {})}
    return {**template, "metadata": metadata, "spec": affinity.without_injected(template.get("spec") or {})}


def _left(values: dict[str, str] | None, gone: set[str]) -> dict[str, str]:
    return {key: value for key, value in (values or {}).items() if key not in gone}


def of_set(replica_set: KubeObject) -> KubeObject:
    """The pod template of a ReplicaSet without the metadata that its pods carry for their role alone."""
    template: KubeObject = (replica_set.get("spec") or {}).get("template") or {}
    added = injected(replica_set)
    if added == ChildMetadata():
        return template
    metadata = dict(template.get("metadata") or {})
    metadata["labels"] = _left(metadata.get("labels"), set(added.labels))
    metadata["annotations"] = _left(metadata.get("annotations"), set(added.annotations))
    return {**template, "metadata": metadata}


def injected(replica_set: KubeObject, annotation: str = EPHEMERAL) -> ChildMetadata:
    """What a ReplicaSet says was added to its pods; a record that cannot be read is none."""
    text = annotations_of(replica_set).get(annotation, "")
    try:
        return msgspec.json.decode(text or "{}", type=ChildMetadata)
    except msgspec.DecodeError:
        return ChildMetadata()


def _without_defaults(spec: dict[str, Any]) -> dict[str, Any]:
    # The old name of serviceAccountName, which a server always sets to the same.
    left = _unlike(spec, _POD, without="serviceAccount")
    for field in ("containers", "initContainers"):
        if isinstance(spec.get(field), list):
            left[field] = [_container(container) for container in spec[field]]
    if isinstance(spec.get("volumes"), list):
        left["volumes"] = [_volume(volume) for volume in spec["volumes"]]
    return left


def _container(container: dict[str, Any]) -> dict[str, Any]:
    left = _unlike(container, _CONTAINER)
    image = str(container.get("image") or "").rpartition("/")[2]
    is_latest = "@" not in image and (":" not in image or image.endswith(":latest"))
    if left.get("imagePullPolicy") == ("Always" if is_latest else "IfNotPresent"):
        del left["imagePullPolicy"]
    if isinstance(left.get("ports"), list):
        left["ports"] = [_unlike(port, {"protocol": "TCP"}) for port in left["ports"]]
    for field in ("livenessProbe", "readinessProbe", "startupProbe"):
        if isinstance(left.get(field), dict):
            left[field] = _probe(left[field])
    if isinstance(left.get("env"), list):
        left["env"] = [_variable(variable) for variable in left["env"]]
    return left


def _probe(probe: dict[str, Any]) -> dict[str, Any]:
    left = _unlike(probe, _PROBE)
    if isinstance(left.get("httpGet"), dict):
        left["httpGet"] = _unlike(left["httpGet"], {"scheme": "HTTP", "path": "/"})
    return left


def _variable(variable: dict[str, Any]) -> dict[str, Any]:
    source = variable.get("valueFrom")
    if isinstance(source, dict) and isinstance(source.get("fieldRef"), dict):
        source = {**source, "fieldRef": _unlike(source["fieldRef"], {"apiVersion": "v1"})}
        return {**variable, "valueFrom": source}
    return variable


def _volume(volume: dict[str, Any]) -> dict[str, Any]:
    left = dict(volume)
    for source in _VOLUME_SOURCES:
        if isinstance(left.get(source), dict):
            left[source] = {"": source, **_unlike(left[source], {"defaultMode": _DEFAULT_MODE})}
    return left


def _unlike(value: dict[str, Any], defaults: dict[str, Any], *, without: str = "") -> dict[str, Any]:
    return {
        key: inner
        for key, inner in value.items()
        if key != without and not (key in defaults and defaults[key] == inner)
    }


def _without_empty(value: Any) -> Any:
    """Server and manifest may differ in whether an empty field is written."""
    if isinstance(value, dict):
        kept = {key: _without_empty(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, {}, [], "")}
    return [_without_empty(inner) for inner in value] if isinstance(value, list) else value
