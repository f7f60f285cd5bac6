"""Reads from managedFields who holds a field, and since when.

A path here is a tuple of steps: a key of an object, the number of a list's item, or the item's keys as a dict.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from typing import Any, TypeAlias

from msgspec import Struct

from holdfast.model.kube import KubeObject, metadata_of

Path: TypeAlias = tuple[Any, ...]


class Holder(Struct, frozen=True):
    manager: str = ""
    since: str = ""


def holder_of(live: KubeObject, path: Path, *, apart_from: str) -> Holder:
    """The latest manager that holds the field at `path`, another one than `apart_from` where there is one."""
    found = [entry for entry in _entries(live) if _holds(entry.get("fieldsV1") or {}, live, path)]
    if not found:
        return Holder()
    found.sort(key=lambda entry: (entry.get("manager") != apart_from, str(entry.get("time") or "")))
    return Holder(str(found[-1].get("manager") or ""), str(found[-1].get("time") or ""))


def paths_held_by(live: KubeObject, managers: Collection[str], operation: str = "") -> list[Path]:
    """The leaves that one of the managers holds, by any operation or by one."""
    return [
        path
        for entry in _entries(live)
        if entry.get("manager") in managers and operation in ("", entry.get("operation"))
        for path in _leaves(entry.get("fieldsV1") or {}, ())
    ]


def is_held_by(obj: KubeObject, path: Path, manager: str) -> bool:
    """The manager holds the field at `path`, or anything below it."""
    return any(
        entry.get("manager") == manager and _holds(entry.get("fieldsV1") or {}, obj, path) for entry in _entries(obj)
    )


def has_entry_of(obj: KubeObject, manager: str) -> bool:
    return any(entry.get("manager") == manager for entry in _entries(obj))


def remove(obj: Any, path: Path) -> None:
    """Takes the value at `path` out of `obj`, in place; nothing happens when it is not there."""
    *way, last = path
    for step in way:
        obj = _child(obj, step)
    if isinstance(obj, dict):
        obj.pop(last, None) if isinstance(last, str) else None
    elif isinstance(obj, list):
        item = _child(obj, last)
        if item is not None:
            obj.remove(item)


def _entries(live: KubeObject) -> list[dict[str, Any]]:
    entries = metadata_of(live).get("managedFields")
    return [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []


def _holds(fields: dict[str, Any], live: Any, path: Path) -> bool:
    for step in path:
        child = _element(fields, live, step)
        if child is None:
            return False
        if not child:
            return True
        fields, live = child, _child(live, step)
    return True


def _element(fields: dict[str, Any], live: Any, step: Any) -> dict[str, Any] | None:
    """The part of FieldsV1 below one step of a path."""
    if isinstance(step, str):
        return fields.get(f"f:{step}")
    item = _child(live, step)
    for name, below in fields.items():
        kind, _, value = name.partition(":")
        if kind == "k" and isinstance(item, dict) and json.loads(value).items() <= item.items():
            return dict(below)
        if kind == "v" and json.loads(value) == item:
            return dict(below)
    return None


def _leaves(fields: dict[str, Any], path: Path) -> Iterator[Path]:
    for name, below in fields.items():
        kind, _, value = name.partition(":")
        if kind == "f":
            step: Any = value
        elif kind in ("k", "v"):
            step = json.loads(value)
        else:
            continue
        deeper = {inner: value for inner, value in below.items() if inner != "."}
        if deeper:
            yield from _leaves(deeper, (*path, step))
        else:
            yield (*path, step)


def value_at(obj: Any, path: Path) -> Any:
    """None when any step is missing."""
    for step in path:
        obj = _child(obj, step)
    return obj


def _child(obj: Any, step: Any) -> Any:
    if isinstance(obj, dict):
        return obj.get(step) if isinstance(step, str) else None
    if not isinstance(obj, list):
        return None
    if isinstance(step, int) and not isinstance(step, bool):
        return obj[step] if 0 <= step < len(obj) else None
    for item in obj:
        if item == step or (isinstance(step, dict) and isinstance(item, dict) and step.items() <= item.items()):
            return item
    return None
