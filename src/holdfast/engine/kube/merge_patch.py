"""JSON merge patch (RFC 7386): the changed part of a document, null meaning "remove"."""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube.canonical import equal


def apply(target: Any, patch: Any) -> Any:
    """`target` with `patch` merged in; a new value, what is unchanged is shared."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = apply(merged.get(key), value)
    return merged


def difference(old: Any, new: Any) -> Any:
    """The smallest patch that makes `new` of `old`; {} when they are equal objects. `new` must hold no null."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return new
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        if key not in old:
            patch[key] = value
        elif not equal(old[key], value):
            patch[key] = difference(old[key], value)
    return patch
