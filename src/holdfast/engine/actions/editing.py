"""Reads and changes fields of objects of others; a change is a new object that shares what stays the same."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject


def at(obj: KubeObject, *path: str) -> Any:
    """The value at the end of the path, or None."""
    value: Any = obj
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def number(obj: KubeObject, *path: str) -> int:
    value = at(obj, *path)
    return value if isinstance(value, int) else 0


def rows(obj: KubeObject, *path: str) -> list[dict[str, Any]]:
    value = at(obj, *path)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def condition(obj: KubeObject, kind: str) -> str:
    """The status of the condition of this type, "" when there is none."""
    return next((str(row.get("status")) for row in rows(obj, "status", "conditions") if row.get("type") == kind), "")


def put(obj: KubeObject, value: Any, *path: str) -> KubeObject:
    """The object with `value` at the end of the path; what is missing on the way is made."""
    name, *rest = path
    if not rest:
        return {**obj, name: value}
    inner = obj.get(name)
    return {**obj, name: put(inner if isinstance(inner, dict) else {}, value, *rest)}


def take(obj: KubeObject, *path: str) -> KubeObject:
    """The object without the field at the end of the path."""
    name, *rest = path
    inner = obj.get(name)
    if not rest:
        return {key: value for key, value in obj.items() if key != name}
    return {**obj, name: take(inner, *rest)} if isinstance(inner, dict) else obj


def annotate(obj: KubeObject, name: str, value: str) -> KubeObject:
    return put(obj, value, "metadata", "annotations", name)


def without_annotation(obj: KubeObject, name: str) -> KubeObject:
    """An empty table of annotations goes too."""
    changed = take(obj, "metadata", "annotations", name)
    return changed if at(changed, "metadata", "annotations") else take(changed, "metadata", "annotations")
