"""Writes the fields of custom resources that argocd-cm says are Kubernetes' own types as the server would write them.

The server does not know the type of a field that a custom resource leaves open: there `1000m` and `1` stay two texts.
Source: https://argo-cd.readthedocs.io/en/stable/user-guide/diffing/#known-kubernetes-types-in-crds
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from holdfast.engine.kube import quantities
from holdfast.engine.lang import durations
from holdfast.model.ignoring import KnownField
from holdfast.model.kube import KubeObject

QUANTITIES = frozenset({"limits", "requests", "hard", "capacity", "allocatable", "overhead"})
SINGLE_QUANTITIES = frozenset({"sizeLimit", "divisor"})


def written(obj: KubeObject, fields: Iterable[KnownField]) -> KubeObject:
    """A copy with each field in one form; a field inside lists is one of every item."""
    for known in fields:
        obj = _at(obj, known.field.split("."), _writer_of(known.type))
    return obj


def in_one_form(obj: KubeObject) -> KubeObject:
    """For where the server has not written both sides: each quantity of a Pod's template and the like in its form."""
    found: KubeObject = _structure(obj)
    return found


def _writer_of(kind: str) -> Callable[[Any], Any]:
    match kind.rpartition("/")[2]:
        case "Quantity":
            return _quantity
        case "ResourceList":
            return _quantities
        case "Duration":
            return _duration
        case _:
            return _structure


def _at(value: Any, path: list[str], write: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_at(item, path, write) for item in value]
    if not path:
        return write(value)
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _at(value[path[0]], path[1:], write)}


def _structure(value: Any) -> Any:
    """A PodSpec, a Container and the like: quantities stand in them under these names."""
    if isinstance(value, list):
        return [_structure(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key: _member(key, inner) for key, inner in value.items()}


def _member(key: str, value: Any) -> Any:
    if key in QUANTITIES and isinstance(value, dict):
        return _quantities(value)
    return _quantity(value) if key in SINGLE_QUANTITIES else _structure(value)


def _quantities(value: Any) -> Any:
    return {key: _quantity(inner) for key, inner in value.items()} if isinstance(value, dict) else value


def _quantity(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return value
    try:
        return quantities.canonical(str(value))
    except quantities.QuantityError:
        return value


def _duration(value: Any) -> Any:
    found = durations.parse(value) if isinstance(value, str) else None
    return value if found is None else f"{found.total_seconds():g}s"
