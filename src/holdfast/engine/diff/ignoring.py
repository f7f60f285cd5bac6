"""Takes out of an object what is not compared there: by JSON pointer, by jq expression, by who holds a field."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

from holdfast.engine.diff import attribution, differences
from holdfast.engine.kube import canonical
from holdfast.engine.lang import globs
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.scripts import JsonPath

Rules = tuple[ResourceIgnoreDifferences, ...]


def rules_for(key: ObjectKey, rules: Iterable[ResourceIgnoreDifferences]) -> Rules:
    """The ignoreDifferences that mean this object; group and kind are globs, an empty name or namespace means any."""
    return tuple(
        rule
        for rule in rules
        if is_meant(rule.group, rule.kind, key.group_kind)
        and rule.name in ("", key.name)
        and rule.namespace in ("", key.namespace)
    )


def is_meant(group: str, kind: str, actual: GroupKind) -> bool:
    return globs.matches(group, actual.group) and globs.matches(kind, actual.kind)


def expressions_of(rules: Rules) -> tuple[str, ...]:
    """What jq must be asked about an object that these rules mean."""
    return tuple(dict.fromkeys(expression for rule in rules for expression in rule.jq_path_expressions))


def without_ignored(obj: KubeObject, live: KubeObject, rules: Rules, meant: tuple[JsonPath, ...] = ()) -> KubeObject:
    """A copy without what the rules ignore. `meant` is what their jq expressions mean in `obj`; the fields of trusted
    managers are those that they hold in `live`."""
    pointers = [parse_pointer(pointer) for rule in rules for pointer in rule.json_pointers]
    held = _held(live, rules)
    if not pointers and not held and not meant:
        return obj
    changed = copy.deepcopy(obj)
    # From the end, since the items behind one that is removed move up.
    for path in sorted(set(meant), reverse=True):
        _remove(changed, path)
    for way in held:
        attribution.remove(changed, way)
    for pointer in pointers:
        _remove(changed, steps_of(changed, pointer))
    return changed


def with_live_values(
    desired: KubeObject,
    live: KubeObject,
    rules: Rules,
    *,
    meant: tuple[JsonPath, ...] = (),
    meant_in_live: tuple[JsonPath, ...] = (),
) -> KubeObject:
    """`desired` with the live value of whatever is ignored, and without it where the live object has none
    (RespectIgnoreDifferences)."""
    pointers = [parse_pointer(pointer) for rule in rules for pointer in rule.json_pointers]
    changed = copy.deepcopy(without_ignored(desired, live, rules, meant))
    paths: list[attribution.Path] = [*sorted(set(meant_in_live)), *(steps_of(live, pointer) for pointer in pointers)]
    for path in paths:
        value = canonical.get_path(live, *path)
        if path and value is not None:
            _put(changed, tuple(_keyed(path, live, changed)), copy.deepcopy(value))
    for way in _held(live, rules):
        value = attribution.value_at(live, way)
        if value is not None:
            _put(changed, way, copy.deepcopy(value))
    return changed


def parse_pointer(pointer: str) -> tuple[str, ...]:
    """The steps of a JSON pointer (RFC 6901)."""
    return tuple(step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:])


def steps_of(obj: Any, pointer: tuple[str, ...]) -> JsonPath:
    """The pointer with the steps into lists as numbers."""
    steps: list[str | int] = []
    for step in pointer:
        steps.append(int(step) if isinstance(obj, list) and step.isdigit() else step)
        obj = canonical.get_path(obj, steps[-1])
    return tuple(steps)


def _held(live: KubeObject, rules: Rules) -> list[attribution.Path]:
    managers = {manager for rule in rules for manager in rule.managed_fields_managers}
    return attribution.paths_held_by(live, managers) if managers else []


def _remove(obj: Any, path: JsonPath) -> None:
    if not path:
        return
    *way, last = path
    parent = canonical.get_path(obj, *way) if way else obj
    if isinstance(parent, dict):
        parent.pop(last, None)
    elif isinstance(parent, list) and isinstance(last, int) and last < len(parent):
        del parent[last]


def _keyed(path: JsonPath, source: Any, target: Any) -> Iterator[Any]:
    """The path with items of lists named by their keys, where both lists have some: order may differ."""
    for step in path:
        if isinstance(step, int) and isinstance(source, list):
            key = differences.item_key(source, target) if isinstance(target, list) else None
            named: Any = {key: source[step][key]} if key is not None else step
            yield named
            target = attribution.value_at(target, (named,))
        else:
            yield step
            target = canonical.get_path(target, step)
        source = canonical.get_path(source, step)


def _put(obj: Any, path: attribution.Path, value: Any) -> None:
    """Objects on the way are made, items of lists are not: one that is not wanted does not come back by a part of it."""
    *way, last = path
    for step in way:
        if isinstance(obj, dict) and isinstance(step, str):
            obj = obj.setdefault(step, {})
        else:
            obj = attribution.value_at(obj, (step,))
    if isinstance(obj, dict) and isinstance(last, str):
        obj[last] = value
    elif isinstance(obj, list):
        place = next((number for number, item in enumerate(obj) if _is_named(item, number, last)), None)
        if place is None:
            obj.append(value)
        else:
            obj[place] = value


def _is_named(item: Any, number: int, step: Any) -> bool:
    if isinstance(step, int) and not isinstance(step, bool):
        return number == step
    return bool(item == step) or (isinstance(step, dict) and isinstance(item, dict) and step.items() <= item.items())
