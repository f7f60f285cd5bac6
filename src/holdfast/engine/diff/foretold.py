"""Foretells what an apply makes of an object when all that it changes is text that the server takes as it is.

The usual commit changes a label, an image or an entry of a ConfigMap. The server neither completes nor converts such a
value, and says no to it only by rules that are known here. Whatever else differs, the answer is None, and the server has
to be asked.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from holdfast.engine.diff import applied
from holdfast.engine.kube import canonical, names, texts
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, group_kind_of, is_being_deleted

Path: TypeAlias = tuple[str, ...]

ANY = "*"
"""In a path: every key of a map, or every item of a list, which is found by its name."""

_METADATA: tuple[Path, ...] = (("metadata", "labels", ANY), ("metadata", "annotations", ANY))
_WORKLOAD: tuple[Path, ...] = (
    *_METADATA,
    *(("spec", "template", *path) for path in _METADATA),
    ("spec", "template", "spec", "containers", ANY, "image"),
    ("spec", "template", "spec", "initContainers", ANY, "image"),
)
# Kinds without rules of their own for these places. A Pod, a Namespace, a Role have some.
PLACES: dict[GroupKind, tuple[Path, ...]] = {
    GroupKind("", "ConfigMap"): (*_METADATA, ("data", ANY)),
    GroupKind("", "Service"): _METADATA,
    GroupKind("", "ServiceAccount"): _METADATA,
    GroupKind("apps", "Deployment"): _WORKLOAD,
    GroupKind("apps", "StatefulSet"): _WORKLOAD,
    GroupKind("apps", "DaemonSet"): _WORKLOAD,
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): _METADATA,
    GroupKind("batch", "CronJob"): _METADATA,
    GroupKind("networking.k8s.io", "Ingress"): _METADATA,
    GroupKind("networking.k8s.io", "NetworkPolicy"): _METADATA,
    GroupKind("policy", "PodDisruptionBudget"): _METADATA,
}


def foretold(desired: KubeObject, live: KubeObject, manager: str) -> KubeObject | None:
    """The live object with the texts of `desired`."""
    places = PLACES.get(group_kind_of(desired))
    if places is None or is_being_deleted(live):
        return None
    as_now, after = desired, live
    for place in places:
        for path, text in _changes(desired, live, place):
            if not _is_accepted(live, path, text):
                return None
            as_now = _with(as_now, path, _at(live, path))
            after = _with(after, path, text)
    return after if after is not live and applied.is_applied(as_now, live, manager) else None


def _changes(said: Any, there: Any, place: Path, path: Path = ()) -> Iterator[tuple[Path, str]]:
    if not place:
        if isinstance(said, str) and isinstance(there, str) and said != there:
            yield path, said
        return
    head, *rest = place
    for name in _names(said) if head == ANY else (head,):
        below, beside = _child(said, name), _child(there, name)
        if below is not None and beside is not None:
            yield from _changes(below, beside, tuple(rest), (*path, name))


def _is_accepted(live: KubeObject, path: Path, text: str) -> bool:
    *_, holder, last = path
    if not texts.fits(text):
        return False
    match holder:
        case "labels":
            selected = canonical.get_path(live, "spec", "selector", "matchLabels") or {}
            return texts.is_free(last) and last not in selected and not names.label_value(text)
        case "annotations":
            return texts.is_free(last)
        case "data":
            return live.get("immutable") is not True
        case _:
            return texts.is_image(text)


def _names(value: Any) -> list[str]:
    if isinstance(value, dict):
        return list(value)
    return [item["name"] for item in value if isinstance(item, dict) and isinstance(item.get("name"), str)]


def _child(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    found = (
        [item for item in value if isinstance(item, dict) and item.get("name") == name]
        if isinstance(value, list)
        else []
    )
    return found[0] if len(found) == 1 else None


def _at(value: Any, path: Path) -> Any:
    for name in path:
        value = _child(value, name)
    return value


def _with(value: Any, path: Path, text: Any) -> Any:
    """A copy with another text at a path that is there."""
    if not path:
        return text
    name, *rest = path
    if isinstance(value, dict):
        return {**value, name: _with(value[name], tuple(rest), text)}
    return [_with(item, tuple(rest), text) if item.get("name") == name else item for item in value]
