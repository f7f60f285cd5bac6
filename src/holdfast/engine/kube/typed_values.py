"""Merging, comparing and taking apart two values of one schema, as server-side apply sees them.

Maps and keyed lists are merged member by member; atomic ones, and everything without a schema that is a list, as a
whole. Source of the rules: https://github.com/kubernetes-sigs/structured-merge-diff
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

from holdfast.engine.kube.canonical import equal
from holdfast.engine.kube.field_sets import LEAF, FieldSet, Tree
from holdfast.engine.kube.path_elements import item_element
from holdfast.engine.kube.schema import UNKNOWN, SchemaNode

_MISSING: Final = object()
_SCALARS: Final = frozenset({str, int, float, bool})


def merge(live: dict[str, Any], config: dict[str, Any], node: SchemaNode) -> dict[str, Any]:
    """`live` with `config` laid over it. What does not change is shared: `live` itself when nothing does."""
    merged: dict[str, Any] | None = None
    for key, wanted in config.items():
        current = live.get(key, _MISSING)
        if current is wanted or (type(current) is type(wanted) and type(wanted) in _SCALARS and current == wanted):
            continue
        child = node.property(key) or UNKNOWN
        if current is _MISSING and wanted is None and not child.nullable:
            continue
        if wanted is None and not child.nullable and not isinstance(current, dict | list):
            # A null of a field that cannot be null asks for its removal.
            merged = dict(live) if merged is None else merged
            del merged[key]
            continue
        value = wanted if current is _MISSING else _merge_value(current, wanted, child)
        if value is not current:
            merged = dict(live) if merged is None else merged
            merged[key] = value
    return live if merged is None else merged


def _merge_value(current: Any, wanted: Any, node: SchemaNode) -> Any:
    if isinstance(current, dict) and not node.is_atomic_map and current:
        if wanted is None:
            return current
        if isinstance(wanted, dict):
            return merge(current, wanted, node)
    if isinstance(current, list) and not node.is_atomic_list and current:
        if wanted is None:
            return current
        if isinstance(wanted, list):
            return _merge_list(current, wanted, node)
    return current if equal(current, wanted) else wanted


def _merge_list(current: list[Any], wanted: list[Any], node: SchemaNode) -> list[Any]:
    """Items of both in the order of `wanted`; those that only `current` has stay before the shared item they preceded."""
    item_node = node.item() or UNKNOWN
    live_keys = [item_element(item, node) for item in current]
    by_key = dict(zip(live_keys, current, strict=True))
    config = {item_element(item, node): item for item in wanted}
    shared = iter([key for key in config if key in by_key])
    next_shared = next(shared, None)
    merged: list[Any] = []
    at = 0
    for key, item in config.items():
        while at < len(current) and live_keys[at] != next_shared:
            if live_keys[at] not in config:
                merged.append(current[at])
            at += 1
        if key == next_shared:
            next_shared = next(shared, None)
            at += 1
        merged.append(_merge_value(by_key[key], item, item_node) if key in by_key else item)
    merged += [item for key, item in zip(live_keys[at:], current[at:], strict=True) if key not in config]
    unchanged = len(merged) == len(current) and all(map(_is, merged, current))
    return current if unchanged else merged


def _is(left: object, right: object) -> bool:
    return left is right


class Comparison:
    """Which fields differ between two values; `same` when none does."""

    __slots__ = ("added", "modified", "removed")

    def __init__(self, added: FieldSet, removed: FieldSet, modified: FieldSet) -> None:
        self.added = added
        self.removed = removed
        self.modified = modified

    @property
    def same(self) -> bool:
        return not (self.added.tree or self.removed.tree or self.modified.tree)

    @property
    def written(self) -> FieldSet:
        """What the second value set: the fields that it added or gave another value."""
        return self.modified.union(self.added)

    def without_branches(self, fields: FieldSet) -> Comparison:
        return Comparison(
            self.added.without_branches(fields),
            self.removed.without_branches(fields),
            self.modified.without_branches(fields),
        )


def compare(before: dict[str, Any], after: dict[str, Any], node: SchemaNode) -> Comparison:
    added, removed, modified = _compare_maps(before, after, node)
    return Comparison(FieldSet(added or {}), FieldSet(removed or {}), FieldSet(modified or {}))


# The trees of added, removed and modified fields below one place; None where there are none, LEAF for the place itself.
_Trees: TypeAlias = tuple[Tree | None, Tree | None, Tree | None]

# Items of a list by what tells them apart.
_Groups: TypeAlias = dict[str, list[Any]]

_SAME: Final[_Trees] = (None, None, None)
_MODIFIED: Final[_Trees] = (None, None, LEAF)


def _compare_maps(before: dict[str, Any], after: dict[str, Any], node: SchemaNode) -> _Trees:
    results: dict[str, _Trees] = {}
    for key, new in after.items():
        old = before.get(key, _MISSING)
        if old is new or (type(old) is type(new) and type(new) in _SCALARS and old == new):
            continue
        child = node.property(key) or UNKNOWN
        if old is _MISSING:
            old = _implied(key, child, node)
        found = _compare_values(old, new, child)
        if found is not _SAME:
            results["f:" + key] = found
    for key, old in before.items():
        if key not in after:
            child = node.property(key) or UNKNOWN
            found = _compare_values(old, _implied(key, child, node), child)
            if found is not _SAME:
                results["f:" + key] = found
    return _gathered(results)


_ZERO_VALUES: Final[dict[str, Any]] = {"string": "", "integer": 0, "boolean": False}


def _implied(name: str, child: SchemaNode, parent: SchemaNode) -> Any:
    """What a server with typed objects holds for a field that is not given: some fields are never absent there.

    Those are the ones whose schema says so by the default {} or by being required.
    """
    if parent.structural:
        return _MISSING
    if child.default == {}:
        return child.default
    if name in parent.required:
        return _ZERO_VALUES.get(child.type)
    return _MISSING


def _gathered(results: dict[str, _Trees]) -> _Trees:
    if not results:
        return _SAME
    added = {element: found[0] for element, found in results.items() if found[0] is not None}
    removed = {element: found[1] for element, found in results.items() if found[1] is not None}
    modified = {element: found[2] for element, found in results.items() if found[2] is not None}
    return added or None, removed or None, modified or None


def _compare_values(old: Any, new: Any, node: SchemaNode) -> _Trees:
    if old is new:
        return _SAME
    if old is _MISSING:
        return _everything(new, node), None, None
    if new is _MISSING:
        return None, _everything(old, node), None
    if _are(dict, old, new) and not node.is_atomic_map:
        return _compare_maps(old or {}, new or {}, node)
    if _are(list, old, new) and not node.is_atomic_list:
        return _compare_lists(old or [], new or [], node)
    if equal(old, new):
        return _SAME
    if isinstance(old, dict) == isinstance(new, dict) or node.is_atomic_map:
        return _MODIFIED
    # Of another kind than before: the place itself was changed, and what was or is within it went or came.
    return _within(new, node) or None, _within(old, node) or None, LEAF


def _within(value: Any, node: SchemaNode) -> Tree:
    return {element: below for element, below in _everything(value, node).items() if element != "."}


def _are(kind: type, old: Any, new: Any) -> bool:
    """Both are of this kind, or one is and the other is null; and there is something in them."""
    if not (old or new):
        return False
    return (isinstance(old, kind) or old is None) and (isinstance(new, kind) or new is None)


def _compare_lists(before: list[Any], after: list[Any], node: SchemaNode) -> _Trees:
    item_node = node.item() or UNKNOWN
    old_items = {item_element(item, node): item for item in before}
    new_items = {item_element(item, node): item for item in after}
    if len(old_items) < len(before) or len(new_items) < len(after):
        return _compare_repeated(_grouped(before, node), _grouped(after, node), item_node)
    results: dict[str, _Trees] = {}
    for element in (*new_items, *(element for element in old_items if element not in new_items)):
        found = _compare_values(old_items.get(element, _MISSING), new_items.get(element, _MISSING), item_node)
        if found is not _SAME:
            results[element] = found
    return _gathered(results)


def _compare_repeated(old: _Groups, new: _Groups, item_node: SchemaNode) -> _Trees:
    """Of lists in which items share their keys: those that do are one, as a whole."""
    results: dict[str, _Trees] = {}
    for element in (*new, *(element for element in old if element not in new)):
        before, after = old.get(element, []), new.get(element, [])
        if len(before) <= 1 and len(after) <= 1:
            found = _compare_values(before[0] if before else _MISSING, after[0] if after else _MISSING, item_node)
        elif len(before) > 1 and len(after) > 1:
            found = _SAME if equal(before, after) else _MODIFIED
        else:
            found = (_whole(after, item_node), _whole(before, item_node), None)
        if found is not _SAME:
            results[element] = found
    return _gathered(results)


def _grouped(items: list[Any], node: SchemaNode) -> _Groups:
    groups: _Groups = {}
    for item in items:
        groups.setdefault(item_element(item, node), []).append(item)
    return groups


def _whole(items: list[Any], node: SchemaNode) -> Tree | None:
    """The tree of items that share their keys; None where there are none."""
    if not items:
        return None
    return _everything(items[0], node) if len(items) == 1 else LEAF


def _everything(value: Any, node: SchemaNode) -> Tree:
    """The tree of a value that is there as a whole: each place in it, and the place itself."""
    if not value:
        return LEAF
    if isinstance(value, dict) and not node.is_atomic_map:
        tree: Tree = {".": LEAF}
        for key, inner in value.items():
            tree["f:" + key] = _everything(inner, node.property(key) or UNKNOWN)
        return tree
    if isinstance(value, list) and not node.is_atomic_list:
        item_node = node.item() or UNKNOWN
        items: Tree = {".": LEAF}
        for item in value:
            element = item_element(item, node)
            items[element] = LEAF if element in items else _everything(item, item_node)
        return items
    return LEAF


def remove(value: dict[str, Any], fields: Tree, node: SchemaNode) -> dict[str, Any]:
    """`value` without the fields of the set and all below them; a container that loses all it held stays, empty."""
    kept = dict(value)
    for element, below in fields.items():
        key = element[2:]
        if element[:2] != "f:" or key not in kept:
            continue
        if not below or "." in below:
            del kept[key]
        else:
            kept[key] = _remove_within(kept[key], below, node.property(key) or UNKNOWN)
    return kept


def _remove_within(value: Any, fields: Tree, node: SchemaNode) -> Any:
    if isinstance(value, dict) and value and not node.is_atomic_map:
        return remove(value, fields, node)
    if isinstance(value, list) and value and not node.is_atomic_list:
        item_node = node.item() or UNKNOWN
        items: list[Any] = []
        for item in value:
            below = fields.get(item_element(item, node))
            if below is None:
                items.append(item)
            elif below and "." not in below:
                items.append(_remove_within(item, below, item_node))
        return items
    return value


def as_stored(value: Any, node: SchemaNode) -> Any:
    """`value` without the nulls that its schema does not allow, and as a server with typed objects writes it.

    Such a server has no empty optional maps and lists, and a null in a map of strings is "". `value` itself if nothing
    is to be left out.
    """
    if isinstance(value, dict):
        kept: dict[str, Any] | None = None
        for key, inner in value.items():
            if inner and not isinstance(inner, dict | list):
                continue
            child = node.property(key) or UNKNOWN
            if inner is None and child.type == "string" and key not in node.field_names and not node.structural:
                stored: Any = ""
            else:
                stored = _MISSING if not inner and _is_left_out(key, inner, child, node) else as_stored(inner, child)
            if stored is not inner:
                kept = dict(value) if kept is None else kept
                if stored is _MISSING:
                    del kept[key]
                else:
                    kept[key] = stored
        return value if kept is None else kept
    if isinstance(value, list):
        item_node = node.item() or UNKNOWN
        items = [as_stored(item, item_node) for item in value]
        return value if all(map(_is, items, value)) else items
    return value


def _is_left_out(name: str, value: Any, child: SchemaNode, parent: SchemaNode) -> bool:
    if value is None:
        return not child.nullable
    if parent.structural or name in parent.required:
        return False
    return value == [] or (value == {} and child.is_object_map)


def abandoned(last: Tree, held: Tree, node: SchemaNode) -> Tree:
    """What goes of the fields that an applier held before, given what anybody holds now.

    A declared field counts as held while anything below it is; items of lists and members of maps only by themselves.
    So an item that its applier drops goes as a whole, whoever else set fields in it.
    """
    return _abandoned(last, held, node, below_last=False, lost=False)


def _abandoned(last: Tree, held: Tree, node: SchemaNode, *, below_last: bool, lost: bool) -> Tree:
    gone: Tree = {}
    for element, below in last.items():
        if element == ".":
            continue
        is_declared = element[:2] == "f:" and element[2:] in node.field_names
        others = held.get(element)
        was_held = is_declared or not below or "." in below
        is_held = others is not None and (is_declared or not others or "." in others)
        within = below_last or was_held
        now_lost = lost or (within and not is_held)
        if was_held and now_lost:
            gone[element] = LEAF
        elif below:
            child = node.property(element[2:]) if element[:2] == "f:" else node.item()
            rest = _abandoned(below, others or {}, child or UNKNOWN, below_last=within, lost=now_lost)
            if rest:
                gone[element] = rest
    return gone
