"""Takes out of an object what no comparison should look at: the server's own fields and what the user ignores."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from holdfast.engine.diff import attribution
from holdfast.engine.kube import canonical
from holdfast.engine.lang import globs
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation

SERVERS_OWN = (
    ("metadata", "managedFields"),
    ("metadata", "resourceVersion"),
    ("metadata", "generation"),
    ("metadata", "creationTimestamp"),
    ("metadata", "deletionTimestamp"),
    ("metadata", "deletionGracePeriodSeconds"),
    ("metadata", "selfLink"),
    ("metadata", "uid"),
    ("metadata", "annotations", Annotation.LAST_APPLIED.value),
    ("metadata", "annotations", "deployment.kubernetes.io/revision"),
    ("status",),
)


def normalized(obj: KubeObject) -> KubeObject:
    """Without the fields that only the server sets, and without the rules of a role that others aggregate."""
    reduced = canonical.without(obj, *SERVERS_OWN)
    if reduced.get("kind") == "ClusterRole" and reduced.get("aggregationRule"):
        reduced = canonical.without(reduced, ("rules",))
    metadata = reduced.get("metadata")
    if isinstance(metadata, dict) and any(metadata.get(field) == {} for field in ("annotations", "labels")):
        emptied = {
            name: value for name, value in metadata.items() if value != {} or name not in ("annotations", "labels")
        }
        reduced = {**reduced, "metadata": emptied}
    return reduced


def rules_for(key: ObjectKey, rules: Iterable[ResourceIgnoreDifferences]) -> tuple[ResourceIgnoreDifferences, ...]:
    """The ignoreDifferences that mean this object; group and kind are globs, an empty name or namespace means any."""
    return tuple(
        rule
        for rule in rules
        if globs.matches(rule.group, key.group)
        and globs.matches(rule.kind, key.kind)
        and rule.name in ("", key.name)
        and rule.namespace in ("", key.namespace)
    )


def without_ignored(obj: KubeObject, live: KubeObject, rules: Iterable[ResourceIgnoreDifferences]) -> KubeObject:
    """A copy without what the rules ignore; fields of trusted managers are those that they hold in `live`."""
    pointers = [parse_pointer(pointer) for rule in rules for pointer in rule.json_pointers]
    managers = {manager for rule in rules for manager in rule.managed_fields_managers}
    paths = attribution.paths_held_by(live, managers) if managers else []
    if not pointers and not paths:
        return obj
    changed = copy.deepcopy(obj)
    for pointer in pointers:
        _remove(changed, pointer)
    for path in paths:
        attribution.remove(changed, path)
    return changed


def with_live_values(desired: KubeObject, live: KubeObject, rules: Iterable[ResourceIgnoreDifferences]) -> KubeObject:
    """`desired` with the live value wherever a JSON pointer of the rules points (RespectIgnoreDifferences)."""
    pointers = [parse_pointer(pointer) for rule in rules for pointer in rule.json_pointers]
    if not pointers:
        return desired
    changed = copy.deepcopy(desired)
    for pointer in pointers:
        value = canonical.get_path(live, *_steps(live, pointer))
        if value is None:
            _remove(changed, pointer)
        else:
            _put(changed, pointer, value)
    return changed


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON pointer (RFC 6901)."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def _steps(obj: Any, pointer: tuple[str, ...]) -> list[str | int]:
    """The pointer with the steps into lists as numbers."""
    steps: list[str | int] = []
    for step in pointer:
        steps.append(int(step) if isinstance(obj, list) and step.isdigit() else step)
        obj = canonical.get_path(obj, steps[-1])
    return steps


def _remove(obj: Any, pointer: tuple[str, ...]) -> None:
    if not pointer:
        return
    *way, last = _steps(obj, pointer)
    parent = canonical.get_path(obj, *way) if way else obj
    if isinstance(parent, dict):
        parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        del parent[last]


def _put(obj: Any, pointer: tuple[str, ...], value: Any) -> None:
    *way, last = _steps(obj, pointer)
    for step in way:
        if isinstance(obj, dict):
            obj = obj.setdefault(step, {})
        elif isinstance(obj, list) and isinstance(step, int) and step < len(obj):
            obj = obj[step]
        else:
            return
    if isinstance(obj, dict) or (isinstance(obj, list) and isinstance(last, int) and last < len(obj)):
        obj[last] = value  # type: ignore[index]
