"""Hides the values of Secrets: equal values stay equal, different ones different, and nothing else is told."""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube import canonical
from holdfast.model.kube import KubeObject, annotations_of, group_kind_of
from holdfast.model.names import Annotation

MASK = "++++++++"
HIDDEN = ("data", "stringData")


def is_secret(obj: KubeObject) -> bool:
    return str(group_kind_of(obj)) == "Secret"


def masked(obj: KubeObject) -> KubeObject:
    """A Secret with every value replaced, for showing it; other objects unchanged.

    kubectl's last-applied annotation holds the values once more, so it is hidden as a whole.
    """
    if not is_secret(obj):
        return obj
    shown = {name: _hidden(value, MASK) if name in HIDDEN else value for name, value in obj.items()}
    if Annotation.LAST_APPLIED in annotations_of(obj):
        shown = canonical.with_path(shown, MASK, "metadata", "annotations", Annotation.LAST_APPLIED.value)
    return shown


def masked_pair(path: tuple[Any, ...], before: Any, after: Any) -> tuple[Any, Any]:
    """What may be shown of a difference inside a Secret."""
    if not path or path[0] not in HIDDEN:
        return before, after
    return _hidden(before, MASK), _hidden(after, MASK + "+")


def _hidden(value: Any, mask: str) -> Any:
    if isinstance(value, dict):
        return {name: _hidden(inner, mask) for name, inner in value.items()}
    return None if value is None else mask
