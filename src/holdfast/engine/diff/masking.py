"""Hides the values of Secrets: equal values stay equal, different ones different, and nothing else is told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from holdfast.engine.kube import canonical
from holdfast.model.kube import KubeObject, annotations_of, group_kind_of
from holdfast.model.names import Annotation

MASK = "++++++++"
HIDDEN = ("data", "stringData")


def is_secret(obj: KubeObject) -> bool:
    return str(group_kind_of(obj)) == "Secret"


def masked(obj: KubeObject, annotations: Collection[str] = ()) -> KubeObject:
    """A Secret with every value replaced, for showing it, and the named annotations; other objects unchanged.

    kubectl's last-applied annotation holds the values once more, so it is hidden as a whole.
    """
    if not is_secret(obj):
        return obj
    shown = {name: _hidden(value, MASK) if name in HIDDEN else value for name, value in obj.items()}
    for name in annotations_of(obj):
        if name in annotations or name == Annotation.LAST_APPLIED:
            shown = canonical.with_path(shown, MASK, "metadata", "annotations", name)
    return shown


def masked_pair(path: tuple[Any, ...], before: Any, after: Any, annotations: Collection[str] = ()) -> tuple[Any, Any]:
    """What may be shown of a difference inside a Secret."""
    if not path or path[0] in HIDDEN:
        return _hidden(before, MASK), _hidden(after, MASK + "+")
    if path[:2] != ("metadata", "annotations"):
        return before, after
    if len(path) > 2:
        return (_hidden(before, MASK), _hidden(after, MASK + "+")) if path[2] in annotations else (before, after)
    return _hidden_some(before, annotations, MASK), _hidden_some(after, annotations, MASK + "+")


def _hidden(value: Any, mask: str) -> Any:
    if isinstance(value, dict):
        return {name: _hidden(inner, mask) for name, inner in value.items()}
    return None if value is None else mask


def _hidden_some(value: Any, names: Collection[str], mask: str) -> Any:
    if not isinstance(value, dict):
        return value
    return {name: _hidden(inner, mask) if name in names else inner for name, inner in value.items()}
