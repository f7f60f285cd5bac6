"""Small pure operations on JSON values: strict equality, content hashes, and reading or changing one path."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

from holdfast.model.kube import KubeObject

_HUGE_INTEGERS = orjson.OPT_SORT_KEYS


def content_hash(obj: Any) -> str:
    """The sha256, in hex, of the JSON of `obj` with sorted keys and no spaces."""
    return hashlib.sha256(orjson.dumps(obj, option=_HUGE_INTEGERS)).hexdigest()


def equal(left: Any, right: Any) -> bool:
    """Equality of JSON values: 1 equals 1.0, but true is no 1."""
    if left is right:
        return True
    if isinstance(left, dict):
        if not isinstance(right, dict) or len(left) != len(right):
            return False
        return all(key in right and equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list):
        if not isinstance(right, list) or len(left) != len(right):
            return False
        return all(map(equal, left, right))
    return bool(left == right) and isinstance(left, bool) == isinstance(right, bool)


def get_path(obj: Any, *path: str | int) -> Any:
    """The value at the path of keys and indexes, or None when any step is missing."""
    for step in path:
        if isinstance(obj, dict):
            obj = obj.get(step)
        elif isinstance(obj, list) and isinstance(step, int) and 0 <= step < len(obj):
            obj = obj[step]
        else:
            return None
    return obj


def with_path(obj: Mapping[str, Any], value: Any, *path: str) -> dict[str, Any]:
    """A copy of `obj` with `value` at the path; what stands on the way and is no object is replaced by one."""
    head, *rest = path
    if not rest:
        return {**obj, head: value}
    inner = obj.get(head)
    return {**obj, head: with_path(inner if isinstance(inner, dict) else {}, value, *rest)}


def without(obj: KubeObject, *paths: tuple[str, ...]) -> KubeObject:
    """A copy of `obj` that lacks the given paths of keys; untouched parts are shared, `obj` itself if none is there."""
    for path in paths:
        obj = _without_one(obj, path)
    return obj


def _without_one(obj: KubeObject, path: tuple[str, ...]) -> KubeObject:
    head, rest = path[0], path[1:]
    if head not in obj:
        return obj
    if not rest:
        return {key: value for key, value in obj.items() if key != head}
    inner = obj[head]
    if not isinstance(inner, dict):
        return obj
    reduced = _without_one(inner, rest)
    return obj if reduced is inner else {**obj, head: reduced}
