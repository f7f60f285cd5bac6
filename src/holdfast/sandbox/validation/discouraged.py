"""What the server takes but warns of: in Pods and their templates, in names, in finalizers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from holdfast.engine.kube import go_text, names
from holdfast.engine.kube.canonical import equal, get_path
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox.validation import discouraged_containers

_POD: Final = GroupKind("", "Pod")
# Of this kind the server counts the generations of the template alone.
_DAEMON_SET: Final = GroupKind("apps", "DaemonSet")
# Where a kind has its Pod template.
_TEMPLATES: Final[Mapping[GroupKind, tuple[str, ...]]] = {
    GroupKind("", "PodTemplate"): ("template",),
    GroupKind("", "ReplicationController"): ("spec", "template"),
    GroupKind("apps", "Deployment"): ("spec", "template"),
    GroupKind("apps", "ReplicaSet"): ("spec", "template"),
    GroupKind("apps", "StatefulSet"): ("spec", "template"),
    GroupKind("apps", "DaemonSet"): ("spec", "template"),
    GroupKind("batch", "Job"): ("spec", "template"),
    GroupKind("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
_IN_POD_NAMES: Final = "this is used in Pod names and hostnames"
_NAMES: Final[Mapping[GroupKind, str]] = {
    _POD: "this is used in the Pod's hostname",
    GroupKind("apps", "Deployment"): _IN_POD_NAMES,
    GroupKind("apps", "ReplicaSet"): _IN_POD_NAMES,
    GroupKind("batch", "Job"): _IN_POD_NAMES,
    GroupKind("batch", "CronJob"): _IN_POD_NAMES,
}
_SURPRISING: Final = "which can result in surprising behavior; a DNS label is recommended"
_FINALIZER: Final = "prefer a domain-qualified finalizer name including a path (/) to avoid accidental conflicts with other finalizer writers"
_OLD_LABELS: Final[Mapping[str, str]] = {
    "beta.kubernetes.io/arch": 'deprecated since v1.14; use "kubernetes.io/arch" instead',
    "beta.kubernetes.io/os": 'deprecated since v1.14; use "kubernetes.io/os" instead',
    "beta.kubernetes.io/instance-type": 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
    "failure-domain.beta.kubernetes.io/region": 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
    "failure-domain.beta.kubernetes.io/zone": 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
}
# By the field of the volume; the message names one of them otherwise.
_OLD_VOLUMES: Final[Mapping[str, str]] = {
    "photonPersistentDisk": "photonPersistentDisk: deprecated in v1.11, non-functional in v1.16+",
    "gitRepo": "gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
    "scaleIO": "scaleIO: deprecated in v1.16, non-functional in v1.22+",
    "flocker": "flocker: deprecated in v1.22, non-functional in v1.25+",
    "storageos": "storageOS: deprecated in v1.22, non-functional in v1.25+",
    "quobyte": "quobyte: deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "glusterfs: deprecated in v1.25, non-functional in v1.26+",
    "cephfs": "cephfs: deprecated in v1.28, non-functional in v1.31+",
    "rbd": "rbd: deprecated in v1.28, non-functional in v1.31+",
}
_REQUIRED: Final = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED: Final = "preferredDuringSchedulingIgnoredDuringExecution"
_NO_MATCH: Final = "a null labelSelector results in matching no pod"


def warnings(kind: GroupKind, obj: KubeObject, before: KubeObject | None) -> Iterator[str]:
    """What is warned of when an object of a built-in kind is written: on updates only if its generation is another."""
    if before is None:
        yield from _name(kind, obj)
        if kind == _POD:
            yield from _pod(obj, "", is_new=True)
    elif before["metadata"].get("generation") == obj["metadata"].get("generation"):
        return
    place = _TEMPLATES.get(kind)
    if place is not None and not (before is not None and kind == _DAEMON_SET and _same_template(before, obj)):
        yield from _pod(get_path(obj, *place) or {}, ".".join(place) + ".", is_new=before is None)


def _same_template(before: KubeObject, obj: KubeObject) -> bool:
    old, new = (get_path(each, "spec", "template") for each in (before, obj))
    return equal(old, new)


def finalizer_warnings(obj: KubeObject, before: KubeObject | None) -> Iterator[str]:
    """What is warned of in the finalizers that a custom resource gets."""
    old = before["metadata"].get("finalizers") or () if before is not None else ()
    for finalizer in sorted({*(obj["metadata"].get("finalizers") or ())}.difference(old)):
        if "/" not in finalizer:
            yield f'metadata.finalizers: "{finalizer}": {_FINALIZER}'


def _name(kind: GroupKind, obj: KubeObject) -> Iterator[str]:
    use = _NAMES.get(kind)
    if use is None:
        return
    found = names.dns1123_label(obj["metadata"].get("name") or "")
    if found:
        yield f"metadata.name: {use}, {_SURPRISING}: {go_text.printed(found)}"


def _pod(pod: Mapping[str, Any], place: str, *, is_new: bool) -> Iterator[str]:
    """`place` is the path of the Pod or template with its last dot."""
    spec: Mapping[str, Any] = pod.get("spec") or {}
    annotations: Mapping[str, str] = get_path(pod, "metadata", "annotations") or {}
    for field, judge in _BY_FIELD:
        if spec.get(field) and (is_new or field != "nodeSelector"):
            yield from judge(spec[field], f"{place}spec.{field}", is_new)
    yield from discouraged_containers.warnings(spec, annotations, place)
    for field in ("podAffinity", "podAntiAffinity"):
        terms = get_path(spec, "affinity", field)
        if terms:
            yield from _null_selectors(terms, f"{place}spec.affinity.{field}")


def _node_selector(selector: Mapping[str, str], place: str, is_new: bool) -> Iterator[str]:
    for name in selector:
        if is_new and name in _OLD_LABELS:
            yield f"{place}[{name}]: {_OLD_LABELS[name]}"


def _node_affinity(affinity: Mapping[str, Any], place: str, is_new: bool) -> Iterator[str]:
    if not is_new:
        return
    node = affinity.get("nodeAffinity") or {}
    place = f"{place}.nodeAffinity"
    for index, term in enumerate(get_path(node, _REQUIRED, "nodeSelectorTerms") or ()):
        yield from _old_keys(term, f"{place}.{_REQUIRED}.nodeSelectorTerms[{index}]")
    for index, term in enumerate(node.get(_PREFERRED) or ()):
        yield from _old_keys(term.get("preference") or {}, f"{place}.{_PREFERRED}[{index}].preference")


def _old_keys(term: Mapping[str, Any], place: str) -> Iterator[str]:
    for index, expression in enumerate(term.get("matchExpressions") or ()):
        key = expression.get("key")
        if key in _OLD_LABELS:
            yield f"{place}.matchExpressions[{index}].key: {key} is {_OLD_LABELS[key]}"


def _null_selectors(affinity: Mapping[str, Any], place: str) -> Iterator[str]:
    for index, term in enumerate(affinity.get(_REQUIRED) or ()):
        if term.get("labelSelector") is None:
            yield f"{place}.{_REQUIRED}[{index}].labelSelector: {_NO_MATCH}"
    for index, term in enumerate(affinity.get(_PREFERRED) or ()):
        if get_path(term, "podAffinityTerm", "labelSelector") is None:
            yield f"{place}.{_PREFERRED}[{index}].podAffinityTerm.labelSelector: {_NO_MATCH}"


def _spread(constraints: Any, place: str, _: bool) -> Iterator[str]:
    for index, constraint in enumerate(constraints):
        key = constraint.get("topologyKey")
        if key in _OLD_LABELS:
            yield f"{place}[{index}].topologyKey: {key} is {_OLD_LABELS[key]}"
        if constraint.get("labelSelector") is None:
            yield f"{place}[{index}].labelSelector: {_NO_MATCH}"


def _volumes(volumes: Any, place: str, _: bool) -> Iterator[str]:
    for index, volume in enumerate(volumes):
        for field in volume:
            if field in _OLD_VOLUMES:
                yield f"{place}[{index}].{_OLD_VOLUMES[field]}"


def _aliases(aliases: Any, place: str, _: bool) -> Iterator[str]:
    yield from _repeated(aliases, "ip", place)


def _pull_secrets(secrets: Any, place: str, _: bool) -> Iterator[str]:
    yield from _repeated(secrets, "name", place)
    for index, secret in enumerate(secrets):
        if not secret.get("name"):
            yield f'{place}[{index}].name: invalid empty name ""'


def _repeated(items: Any, field: str, place: str) -> Iterator[str]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        value = item.get(field) or ""
        if value in seen:
            yield f'{place}[{index}].{field}: duplicate {field} "{value}"'
        seen.add(value)


# In the order in which the server looks at them.
_BY_FIELD: Final[tuple[tuple[str, Callable[[Any, str, bool], Iterator[str]]], ...]] = (
    ("nodeSelector", _node_selector),
    ("affinity", _node_affinity),
    ("topologySpreadConstraints", _spread),
    ("volumes", _volumes),
    ("hostAliases", _aliases),
    ("imagePullSecrets", _pull_secrets),
)
