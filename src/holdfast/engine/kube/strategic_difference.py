"""The strategic merge patch between what was applied, what shall be and what is: as `kubectl apply` computes it."""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube.canonical import equal
from holdfast.engine.kube.go_text import printed
from holdfast.engine.kube.schema import UNKNOWN, SchemaNode
from holdfast.model.kube import KubeObject


def three_way(original: KubeObject, modified: KubeObject, current: KubeObject, node: SchemaNode) -> dict[str, Any]:
    """The patch for `current`: what `modified` adds or changes, and what `original` had and `modified` lacks."""
    return _difference(original, modified, current, node, retain_keys=False)


def _difference(
    original: dict[str, Any], modified: dict[str, Any], current: dict[str, Any], node: SchemaNode, *, retain_keys: bool
) -> dict[str, Any]:
    patch: dict[str, Any] = {key: None for key in original if key not in modified}
    for key, wanted in modified.items():
        if key not in current:
            patch[key] = wanted
            continue
        child = node.property(key) or UNKNOWN
        old, live = original.get(key), current[key]
        if isinstance(wanted, dict) and isinstance(live, dict) and "replace" not in child.patch_strategies:
            old = old if isinstance(old, dict) else {}
            inner = _difference(old, wanted, live, child, retain_keys="retainKeys" in child.patch_strategies)
            if inner:
                patch[key] = inner
        elif isinstance(wanted, list) and isinstance(live, list) and "merge" in child.patch_strategies:
            patch.update(_list_difference(key, old if isinstance(old, list) else [], wanted, live, child))
        elif not equal(wanted, live):
            patch[key] = wanted
    if retain_keys and (patch or current.keys() - modified.keys()):
        patch["$retainKeys"] = sorted(modified)
    return patch


def _list_difference(
    key: str, original: list[Any], modified: list[Any], current: list[Any], node: SchemaNode
) -> dict[str, Any]:
    if any(isinstance(item, dict) for item in (*modified, *current, *original)):
        return _keyed_difference(key, original, modified, current, node)
    patch: dict[str, Any] = {}
    added = [item for item in modified if item not in current]
    removed = [item for item in original if item not in modified]
    if added:
        patch[key] = added
    if removed:
        patch[f"$deleteFromPrimitiveList/{key}"] = removed
    if patch or modified != current:
        patch[f"$setElementOrder/{key}"] = modified
    return patch


def _keyed_difference(
    key: str, original: list[Any], modified: list[Any], current: list[Any], node: SchemaNode
) -> dict[str, Any]:
    merge_key = node.patch_merge_key
    item_node = node.item() or UNKNOWN
    before, wanted, live = (_by_key(items, merge_key) for items in (original, modified, current))
    changes: list[dict[str, Any]] = []
    for identity, item in wanted.items():
        if identity not in live:
            changes.append(item)
            continue
        inner = _difference(before.get(identity, {}), item, live[identity], item_node, retain_keys=False)
        if inner:
            changes.append({**inner, merge_key: identity})
    changes += [{"$patch": "delete", merge_key: identity} for identity in before if identity not in wanted]
    patch: dict[str, Any] = {}
    if changes:
        patch[key] = changes
    if changes or list(wanted) != list(live):
        patch[f"$setElementOrder/{key}"] = [{merge_key: identity} for identity in wanted]
    return patch


def _by_key(items: list[Any], merge_key: str) -> dict[Any, dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get(merge_key), str | int):
            raise ValueError(f"map: {printed(item)} does not contain declared merge key: {merge_key}")
        found.setdefault(item[merge_key], item)
    return found
