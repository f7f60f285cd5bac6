"""Tells which new objects the server takes because it has taken one like them.

The applications of one chart make objects that differ in names and texts alone: labels, images, environment variables,
entries of a ConfigMap. The server judges each such text by a rule that is known here, and by nothing else; so when a
dry-run of one object has passed, another that is like it but for such texts passes as well. Of the kinds that are not
listed, and of what stands once in a cluster (a node port, an address), nothing is said.

Sources: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/,
https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set and
https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from holdfast.engine.kube import canonical, names, texts
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, group_kind_of

Rule: TypeAlias = Callable[[str], bool]
Places: TypeAlias = "Mapping[str, Places] | Rule"

ANY: Final = "*"
"""Every key of a map and every item of a list that is not named."""
FREE: Final = "free"
"""Every key of labels or annotations that Kubernetes gives no meaning."""

MOST_BYTES = 200_000
"""Far below what the server takes of any kind."""
LONGEST_NAME = 52
"""A CronJob's name is the most bounded, as its jobs are called after it."""


class _Unlike(Exception):
    """A text breaks the rule of its place, so that the server has to be asked."""


def _name(text: str) -> bool:
    """By the strictest rule of all kinds, that of a Service."""
    return len(text) <= LONGEST_NAME and not names.dns1035_label(text)


def _label(text: str) -> bool:
    return not names.label_value(text)


# The namespace is no free text: another one may have limits and permissions of its own.
_METADATA: Final[Places] = {
    "name": _name,
    "labels": {FREE: _label},
    "annotations": {FREE: texts.fits},
}
_SELECTOR: Final[Places] = {"matchLabels": {FREE: _label}}
_NAMED: Final[Places] = {"name": _name}
_CONTAINER: Final[Places] = {
    "image": texts.is_image,
    "env": {
        ANY: {"value": texts.fits, "valueFrom": {"configMapKeyRef": _NAMED, "secretKeyRef": _NAMED}},
    },
    "envFrom": {ANY: {"configMapRef": _NAMED, "secretRef": _NAMED}},
}
_TEMPLATE: Final[Places] = {
    "metadata": {"labels": {FREE: _label}, "annotations": {FREE: texts.fits}},
    "spec": {
        "serviceAccountName": _name,
        "containers": {ANY: _CONTAINER},
        "initContainers": {ANY: _CONTAINER},
        "volumes": {ANY: {"configMap": _NAMED, "secret": {"secretName": _name}}},
    },
}
_WORKLOAD: Final[Places] = {"metadata": _METADATA, "spec": {"selector": _SELECTOR, "template": _TEMPLATE}}

PLACES: Final[Mapping[GroupKind, Places]] = {
    GroupKind("", "ConfigMap"): {"metadata": _METADATA, "data": {ANY: texts.fits}},
    GroupKind("", "Service"): {"metadata": _METADATA, "spec": {"selector": {FREE: _label}}},
    GroupKind("", "ServiceAccount"): {"metadata": _METADATA},
    GroupKind("apps", "Deployment"): _WORKLOAD,
    GroupKind("apps", "DaemonSet"): _WORKLOAD,
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): {"metadata": _METADATA, "spec": {"scaleTargetRef": _NAMED}},
    GroupKind("batch", "CronJob"): {"metadata": _METADATA, "spec": {"jobTemplate": {"spec": {"template": _TEMPLATE}}}},
    GroupKind("networking.k8s.io", "NetworkPolicy"): {"metadata": _METADATA, "spec": {"podSelector": _SELECTOR}},
    GroupKind("policy", "PodDisruptionBudget"): {"metadata": _METADATA, "spec": {"selector": _SELECTOR}},
}
_ONCE_IN_A_CLUSTER: Final = frozenset(
    ("clusterIP", "clusterIPs", "externalIPs", "loadBalancerIP", "healthCheckNodePort", "nodePort")
)


def likeness(obj: KubeObject) -> str | None:
    """A mark that is the same for every object which the server takes if it takes one of them. None where that cannot be
    said of this object."""
    places = PLACES.get(group_kind_of(obj))
    if places is None or not _agrees(obj) or _stands_once(obj) or len(msgspec.json.encode(obj)) > MOST_BYTES:
        return None
    try:
        return canonical.content_hash(_without_texts(obj, places))
    except _Unlike:
        return None


def _without_texts(value: Any, places: Places | None) -> Any:
    if places is None:
        return value
    if callable(places):
        if not isinstance(value, str):
            return value
        if not places(value):
            raise _Unlike
        return {"text by": places.__name__}
    if isinstance(value, dict):
        return {key: _without_texts(below, _place(places, key)) for key, below in value.items()}
    if isinstance(value, list):
        return [_without_texts(item, places.get(ANY)) for item in value]
    return value


def _place(places: Mapping[str, Places], key: str) -> Places | None:
    if FREE in places:
        return places[FREE] if texts.is_free(key) else None
    return places.get(key, places.get(ANY))


def _agrees(obj: KubeObject) -> bool:
    """Whether the pods of a workload carry the labels that it selects them by."""
    selector = canonical.get_path(obj, "spec", "selector")
    labels = canonical.get_path(obj, "spec", "template", "metadata", "labels")
    if not isinstance(selector, dict) or canonical.get_path(obj, "spec", "template") is None:
        return True
    wanted = selector.get("matchLabels")
    if not isinstance(wanted, dict) or not isinstance(labels, dict) or set(selector) != {"matchLabels"}:
        return False
    return all(labels.get(key) == value for key, value in wanted.items())


def _stands_once(obj: KubeObject) -> bool:
    spec = obj.get("spec")
    if not isinstance(spec, dict):
        return False
    ports = [port for port in spec.get("ports") or () if isinstance(port, dict)]
    return any(not _ONCE_IN_A_CLUSTER.isdisjoint(part) for part in (spec, *ports))
