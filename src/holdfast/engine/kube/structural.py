"""Structural schemas at work: pruning of unknown fields, defaults, and unknown fields as strict validation words them."""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube.schema import SchemaNode
from holdfast.engine.kube.validation import FieldError, validate

__all__ = ["FieldError", "apply_defaults", "prune", "unknown_fields", "validate"]


def prune(obj: Any, node: SchemaNode) -> tuple[Any, tuple[str, ...]]:
    """`obj` without the fields that the schema does not know, and the paths of those; `obj` itself if there are none."""
    unknown: list[str] = []
    return _pruned(obj, node, "", unknown), tuple(unknown)


def _pruned(value: Any, node: SchemaNode, path: str, unknown: list[str]) -> Any:
    if isinstance(value, dict):
        kept: dict[str, Any] | None = None
        for key, inner in value.items():
            child = node.property(key)
            if child is None:
                unknown.append(f"{path}.{key}" if path else key)
                kept = dict(value) if kept is None else kept
                del kept[key]
                continue
            if isinstance(inner, dict | list):
                pruned = _pruned(inner, child, f"{path}.{key}" if path else key, unknown)
                if pruned is not inner:
                    kept = dict(value) if kept is None else kept
                    kept[key] = pruned
        return value if kept is None else kept
    if isinstance(value, list):
        item_node = node.item()
        if item_node is None:
            return value
        items = [_pruned(item, item_node, f"{path}[{index}]", unknown) for index, item in enumerate(value)]
        return value if all(map(_is, items, value)) else items
    return value


def _is(left: object, right: object) -> bool:
    return left is right


def apply_defaults(obj: Any, node: SchemaNode) -> Any:
    """`obj` with the schema's defaults; `obj` itself if nothing is missing.

    A null where none may stand counts as missing: it becomes the default, or goes when there is none.
    """
    if isinstance(obj, dict):
        return _defaulted_object(obj, node)
    item_node = node.item() if isinstance(obj, list) else None
    if item_node is None:
        return obj
    items = [apply_defaults(item, item_node) for item in obj]
    return obj if all(map(_is, items, obj)) else items


def _defaulted_object(obj: dict[str, Any], node: SchemaNode) -> dict[str, Any]:
    filled = {key: value for key, value in obj.items() if value is not None or _may_be_null(key, node)}
    for name in node.default_names:
        child = node.property(name)
        if name not in filled and child is not None:
            filled[name] = child.default
    for name, value in filled.items():
        if isinstance(value, dict | list):
            child = node.property(name)
            if child is not None:
                filled[name] = apply_defaults(value, child)
    return obj if len(filled) == len(obj) and all(filled[key] is obj.get(key) for key in filled) else filled


def _may_be_null(name: str, node: SchemaNode) -> bool:
    child = node.property(name)
    return child is None or child.nullable or not child.type


def unknown_fields(obj: Any, node: SchemaNode) -> list[str]:
    """As strict field validation words it: `unknown field "spec.foo"`; those of custom resources are sorted."""
    unknown = prune(obj, node)[1]
    return [f'unknown field "{path}"' for path in (sorted(unknown) if node.structural else unknown)]
