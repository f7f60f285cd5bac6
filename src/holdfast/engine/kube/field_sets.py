"""Sets of field paths, as managedFields keep them (FieldsV1), with their algebra.

A set is kept as the very tree that FieldsV1 is: `{"f:a": {}}` holds `.a`; `{"f:a": {"f:b": {}}}` holds `.a.b` alone;
`{"f:a": {".": {}, "f:b": {}}}` holds both. Trees are never changed, so sets share their parts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, TypeAlias

import orjson

from holdfast.engine.kube.path_elements import Path, TypedError, fields, is_element, item_element, path_text, sort_key
from holdfast.engine.kube.schema import UNKNOWN, SchemaNode
from holdfast.model.kube import KubeObject

__all__ = ["EMPTY", "FieldSet", "Path", "TypedError", "from_object", "path_text"]

Tree: TypeAlias = dict[str, Any]

LEAF: Final[Tree] = {}
MAX_DEPTH: Final = 200


class FieldSet:
    """An immutable set of paths. A path is a tuple of FieldsV1 elements: `f:spec`, `k:{"name":"app"}`, `v:1`, `i:0`."""

    __slots__ = ("_is_sorted", "tree")

    def __init__(self, tree: Tree, *, is_sorted: bool = False) -> None:
        self.tree = tree
        self._is_sorted = is_sorted

    @classmethod
    def of(cls, *paths: Path) -> FieldSet:
        tree: Tree = {}
        for path in paths:
            single: Tree = LEAF
            for element in reversed(path):
                single = {element: single}
            tree = union(tree, single)
        return cls(tree)

    @classmethod
    def from_fields_v1(cls, tree: Mapping[str, Any]) -> FieldSet:
        """Raises ValueError for what is no FieldsV1."""
        return cls(_checked(tree, 0), is_sorted=True)

    def to_fields_v1(self) -> dict[str, Any]:
        """In the server's order."""
        return self.tree if self._is_sorted else _sorted(self.tree)

    def union(self, other: FieldSet) -> FieldSet:
        if self.tree is other.tree or not other.tree:
            return self
        return FieldSet(union(self.tree, other.tree)) if self.tree else other

    def difference(self, other: FieldSet) -> FieldSet:
        """Without the paths of `other`; what lies below them stays."""
        return FieldSet(difference(self.tree, other.tree), is_sorted=self._is_sorted) if other.tree else self

    def without_branches(self, other: FieldSet) -> FieldSet:
        """Without the paths of `other` and all that lies below them."""
        return FieldSet(pruned(self.tree, other.tree), is_sorted=self._is_sorted) if other.tree else self

    def intersection(self, other: FieldSet) -> FieldSet:
        return FieldSet(intersection(self.tree, other.tree), is_sorted=self._is_sorted)

    def leaves(self) -> FieldSet:
        """The paths below which the set holds nothing."""
        return FieldSet(_leaves(self.tree), is_sorted=self._is_sorted)

    def has(self, path: Path) -> bool:
        at = self._below(path)
        return at is not None and bool(path) and (not at or "." in at)

    def has_any_within(self, path: Path) -> bool:
        """Whether the path itself or anything below it is held."""
        return self._below(path) is not None and bool(self.tree)

    def _below(self, path: Path) -> Tree | None:
        tree: Tree | None = self.tree
        for element in path:
            tree = tree.get(element) if tree is not None else None
        return tree

    def paths(self) -> Iterator[Path]:
        """Every path, in the server's order: at each level those that are held before those that only lead on."""
        return _paths(self.tree, ())

    @property
    def is_empty(self) -> bool:
        return not self.tree

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldSet) and self.tree == other.tree

    def __hash__(self) -> int:
        return hash(frozenset(self.paths()))

    def __repr__(self) -> str:
        return f"FieldSet({', '.join(path_text(path) for path in self.paths())})"


EMPTY: Final = FieldSet({}, is_sorted=True)


def union(left: Tree, right: Tree) -> Tree:
    result = dict(left)
    for element, other in right.items():
        own = result.get(element)
        if own is None:
            result[element] = other
        elif own is other or element == ".":
            continue
        elif not own:
            result[element] = _as_member(other)
        elif not other:
            result[element] = _as_member(own)
        else:
            result[element] = union(own, other)
    return result


def _as_member(tree: Tree) -> Tree:
    return tree if not tree or "." in tree else {".": LEAF, **tree}


def _normal(tree: Tree) -> Tree:
    return LEAF if len(tree) == 1 and "." in tree else tree


def difference(left: Tree, right: Tree) -> Tree:
    result: Tree = {}
    for element, own in left.items():
        other = right.get(element)
        if other is None:
            result[element] = own
        elif element == "." or own is other:
            continue
        elif not own:
            if other and "." not in other:
                result[element] = own
        else:
            rest = difference(own, other or {".": LEAF})
            if rest:
                result[element] = _normal(rest)
    return result


def intersection(left: Tree, right: Tree) -> Tree:
    result: Tree = {}
    for element, own in left.items():
        other = right.get(element)
        if other is None:
            continue
        if own is other:
            result[element] = own
        elif not own or not other:
            larger = own or other
            if not larger or "." in larger:
                result[element] = LEAF
        else:
            rest = intersection(own, other)
            if rest:
                result[element] = _normal(rest)
    return result


def pruned(left: Tree, right: Tree) -> Tree:
    """`left` without the members of `right` and all below them."""
    result: Tree = {}
    for element, own in left.items():
        other = right.get(element)
        if other is None:
            result[element] = own
        elif not other or "." in other:
            continue
        elif not own:
            result[element] = own
        else:
            rest = pruned(own, other)
            if rest:
                result[element] = _normal(rest)
    return result


def _leaves(tree: Tree) -> Tree:
    return {element: _leaves(below) for element, below in tree.items() if element != "."}


def _paths(tree: Tree, prefix: Path) -> Iterator[Path]:
    elements = [element for element in sorted(tree, key=sort_key) if element != "."]
    for element in elements:
        if not tree[element] or "." in tree[element]:
            yield (*prefix, element)
    for element in elements:
        yield from _paths(tree[element], (*prefix, element))


def _sorted(tree: Tree) -> Tree:
    if len(tree) < 2:
        return {element: _sorted(below) if below else below for element, below in tree.items()}
    names = sorted(tree)
    if any(name[:2] in ("k:", "v:", "i:") for name in names):
        names.sort(key=sort_key)
    return {element: _sorted(tree[element]) if tree[element] else LEAF for element in names}


def _checked(tree: Mapping[str, Any], depth: int) -> Tree:
    if not isinstance(tree, dict) or depth > MAX_DEPTH:
        raise ValueError("FieldsV1: expected nested objects")
    for element, below in tree.items():
        if element == ".":
            continue
        if not element.startswith("f:") and not is_element(element):
            raise ValueError(f"FieldsV1: unknown path element {element!r}")
        if below:
            checked = _checked(below, depth + 1)
            if checked is not below:
                tree = {**tree, element: checked}
        elif not isinstance(below, dict):
            raise ValueError("FieldsV1: expected nested objects")
    return _normal(tree) if depth else tree


_SERVERS_METADATA: Final = (
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
)
_NOT_OWNED: Final = FieldSet.of(
    ("f:apiVersion",), ("f:kind",), ("f:metadata",), *(fields("metadata", name) for name in _SERVERS_METADATA)
)


def owned(held: FieldSet) -> FieldSet:
    """`held` without those that identify an object or belong to the server, which nobody owns."""
    return held.difference(_NOT_OWNED)


def from_object(obj: KubeObject, node: SchemaNode) -> FieldSet:
    """What an apply configuration owns. Raises TypedError for a field that the schema lacks and for duplicate items."""
    return owned(FieldSet(_object_fields(obj, node)))


def _object_fields(obj: dict[str, Any], node: SchemaNode) -> Tree:
    tree: Tree = {}
    named = node.field_names
    element = ""
    try:
        for key, value in obj.items():
            element = "f:" + key
            child = node.property(key)
            if child is None:
                raise TypedError((), "field not declared in schema")
            if type(value) is str and child.type == "string":
                tree[element] = LEAF
                continue
            below = _value_fields(value, child)
            if below:
                tree[element] = below if key in named else {".": LEAF, **below}
            elif below is not None or key not in named:
                tree[element] = LEAF
    except TypedError as error:
        raise error.below(element) from None
    return tree


# The schema types that a value of a Python type fits; "" is a schema without a type.
_FITTING: Final[Mapping[type, tuple[str, ...]]] = {
    dict: ("object", ""),
    list: ("array", ""),
    str: ("string", ""),
    bool: ("boolean", ""),
    int: ("integer", "number", ""),
    float: ("integer", "number", ""),
    type(None): ("object", "array", "string", "boolean", "integer", "number", ""),
}
_EXPECTED: Final = {"object": "map", "array": "list", "integer": "numeric (int or float)"}


def _value_fields(value: Any, node: SchemaNode) -> Tree | None:
    """The tree below one field: LEAF where it is held as a whole, None where nothing of it is (an empty list)."""
    kind = type(value)
    if node.type not in _FITTING[kind] and not node.is_int_or_string:
        raise TypedError((), f"expected {_EXPECTED.get(node.type, node.type)}, got {_shown(value)}")
    if kind is dict and value and not node.is_atomic_map:
        return _object_fields(value, node) or None
    if kind is list and not node.is_atomic_list:
        return _list_fields(value, node) or None
    return LEAF


def _shown(value: Any) -> str:
    return "string" if isinstance(value, str) else f"&value.valueUnstructured{{Value:{orjson.dumps(value).decode()}}}"


def _list_fields(items: list[Any], node: SchemaNode) -> Tree:
    tree: Tree = {}
    item_node = node.item() or UNKNOWN
    for item in items:
        element = item_element(item, node)
        if element in tree:
            raise TypedError((), f"duplicate entries for key {path_text((element,))}")
        try:
            below = _value_fields(item, item_node)
        except TypedError as error:
            raise error.below(element) from None
        tree[element] = {".": LEAF, **below} if below else LEAF
    return tree
