"""Hides the values of Secrets: equal values stay equal, different ones different, and nothing else is told."""

from __future__ import annotations

from typing import Any

from holdfast.model.kube import KubeObject, group_kind_of

MASK = "++++++++"
HIDDEN = ("data", "stringData")


def is_secret(obj: KubeObject) -> bool:
    return str(group_kind_of(obj)) == "Secret"


def masked(obj: KubeObject) -> KubeObject:
    """A Secret with every value replaced, for showing it; other objects unchanged."""
    if not is_secret(obj):
        return obj
    return {name: _hidden(value, MASK) if name in HIDDEN else value for name, value in obj.items()}


def masked_pair(path: tuple[Any, ...], before: Any, after: Any) -> tuple[Any, Any]:
    """What may be shown of a difference inside a Secret."""
    if not path or path[0] not in HIDDEN:
        return before, after
    return _hidden(before, MASK), _hidden(after, MASK + "+")


def _hidden(value: Any, mask: str) -> Any:
    if isinstance(value, dict):
        return {name: _hidden(inner, mask) for name, inner in value.items()}
    return None if value is None else mask
