"""Strategic merge patch: a merge patch that merges lists by key as the schema says.

Source: https://github.com/kubernetes/community/blob/master/contributors/devel/sig-api-machinery/strategic-merge-patch.md
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Final

import orjson

from holdfast.engine.kube.go_text import printed
from holdfast.engine.kube.schema import UNKNOWN, SchemaNode
from holdfast.engine.kube.strategic_difference import three_way
from holdfast.model.kube import KubeObject

__all__ = ["PatchError", "apply", "three_way"]

_DIRECTIVE: Final = "$patch"
_RETAIN_KEYS: Final = "$retainKeys"
_DELETE_PREFIX: Final = "$deleteFromPrimitiveList/"
_ORDER_PREFIX: Final = "$setElementOrder/"

_Key = Callable[[Any], Hashable]


class PatchError(ValueError):
    """The patch is not well-formed."""


def apply(target: KubeObject, patch: KubeObject, node: SchemaNode) -> KubeObject:
    """`target` with `patch` merged in; raises PatchError for a patch that is not well-formed."""
    return _merge_map(target, patch, node)


def _merge_map(target: dict[str, Any], patch: dict[str, Any], node: SchemaNode) -> dict[str, Any]:
    match patch.get(_DIRECTIVE):
        case None | "merge":
            pass
        case "replace":
            return {key: value for key, value in patch.items() if key != _DIRECTIVE}
        case "delete":
            return {}
        case other:
            raise PatchError(f"unknown patch type: {printed(other)} in map: {printed(patch)}")
    merged = _retained(target, patch)
    for name in _touched_fields(patch):
        deletions = _list_of(patch, _DELETE_PREFIX + name)
        order = _list_of(patch, _ORDER_PREFIX + name)
        child = node.property(name) or UNKNOWN
        if name in patch and patch[name] is None:
            merged.pop(name, None)
            continue
        if deletions is not None and isinstance(merged.get(name), list):
            gone = {_identity(item) for item in deletions}
            merged[name] = [item for item in merged[name] if _identity(item) not in gone]
        if name in patch:
            before = merged.get(name)
            merged[name] = _merge_value(before, patch[name], child) if name in merged else _plain(patch[name])
        if order is not None and isinstance(merged.get(name), list):
            merged[name] = _ordered(merged[name], order, target.get(name), child)
    return merged


def _touched_fields(patch: dict[str, Any]) -> list[str]:
    names: dict[str, None] = {}
    for key in patch:
        if key in (_DIRECTIVE, _RETAIN_KEYS):
            continue
        names[key.removeprefix(_DELETE_PREFIX).removeprefix(_ORDER_PREFIX)] = None
    return list(names)


def _list_of(patch: dict[str, Any], key: str) -> list[Any] | None:
    value = patch.get(key)
    if value is None or isinstance(value, list):
        return value
    raise PatchError(f"{key}: expected a list")


def _retained(target: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    keep = _list_of(patch, _RETAIN_KEYS)
    if keep is None:
        return dict(target)
    for key, value in patch.items():
        if not key.startswith("$") and value is not None and key not in keep:
            raise PatchError(f"the {_RETAIN_KEYS} list lacks {key!r}, which the patch sets")
    return {key: value for key, value in target.items() if key in keep}


def _merge_value(before: Any, patch: Any, node: SchemaNode) -> Any:
    if isinstance(patch, dict) and isinstance(before, dict):
        return _plain(patch) if "replace" in node.patch_strategies else _merge_map(before, patch, node)
    if isinstance(patch, list) and isinstance(before, list) and "merge" in node.patch_strategies:
        return _merge_list(before, patch, node)
    return _plain(patch)


def _plain(patch: Any) -> Any:
    """What a patch says where nothing was before: without its directives and nulls."""
    if isinstance(patch, dict):
        if patch.get(_DIRECTIVE) == "delete":
            return {}
        return {key: _plain(value) for key, value in patch.items() if value is not None and not _is_directive(key)}
    if isinstance(patch, list):
        return [_plain(item) for item in patch if not _is_list_directive(item)]
    return patch


def _is_directive(key: str) -> bool:
    return key in (_DIRECTIVE, _RETAIN_KEYS) or key.startswith((_DELETE_PREFIX, _ORDER_PREFIX))


def _is_list_directive(item: Any) -> bool:
    return isinstance(item, dict) and item.get(_DIRECTIVE) in ("delete", "replace")


def _merge_list(before: list[Any], patch: list[Any], node: SchemaNode) -> list[Any]:
    if not any(isinstance(item, dict) for item in (*before, *patch)):
        merged = list({_identity(item): item for item in (*before, *patch)}.values())
        return _interleaved(merged, patch, before, _identity)
    key = _merge_key(node)
    if any(isinstance(item, dict) and item.get(_DIRECTIVE) == "replace" for item in patch):
        return [_plain(item) for item in patch if not _is_list_directive(item)]
    item_node = node.item() or UNKNOWN
    deleted = {key(item) for item in patch if item.get(_DIRECTIVE) == "delete"}
    merged = [item for item in before if key(item) not in deleted]
    # Of several items with one key the first is patched, the others stay: the server allows them.
    place = {key(item): at for at, item in reversed(list(enumerate(merged)))}
    changes = [item for item in patch if item.get(_DIRECTIVE) != "delete"]
    for item in changes:
        at = place.setdefault(key(item), len(merged))
        if at < len(merged):
            merged[at] = _merge_map(merged[at], item, item_node)
        else:
            merged.append(_plain(item))
    return _interleaved(merged, changes, before, key)


def _ordered(items: list[Any], order: list[Any], before: Any, node: SchemaNode) -> list[Any]:
    key = _merge_key(node) if any(isinstance(item, dict) for item in items) else _identity
    return _interleaved(items, order, before if isinstance(before, list) else [], key)


def _interleaved(items: list[Any], wanted: list[Any], before: list[Any], key: _Key) -> list[Any]:
    """`items` with those that `wanted` names in its order; the others keep their place of before among them.

    An item that nobody knew before goes in front of the others, as the server does it.
    """
    rank = {key(item): at for at, item in enumerate(wanted)}
    place = {key(item): at for at, item in enumerate(before)}
    named = sorted((item for item in items if key(item) in rank), key=lambda item: rank[key(item)])
    others = deque(item for item in items if key(item) not in rank)
    result: list[Any] = []
    for item in named:
        while others and 0 <= place.get(key(others[0]), -1) < place.get(key(item), -1):
            result.append(others.popleft())
        result.append(item)
    return [*result, *others]


def _identity(value: Any) -> Hashable:
    return value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def _merge_key(node: SchemaNode) -> _Key:
    name = node.patch_merge_key
    if not name:
        raise PatchError("a list of objects can only be merged by a merge key, and the schema names none")

    def key(item: Any) -> Hashable:
        if not isinstance(item, dict) or name not in item:
            raise PatchError(f"map: {printed(item)} does not contain declared merge key: {name}")
        return _identity(item[name])

    return key
