"""The elements of field paths as FieldsV1 writes them: `f:spec`, `k:{"name":"app"}`, `v:"a"`, `i:0`."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final, TypeAlias

import orjson

from holdfast.engine.kube.schema import SchemaNode

Path: TypeAlias = tuple[str, ...]

_SORTED: Final = orjson.OPT_SORT_KEYS
_KINDS: Final = ("f:", "k:", "v:", "i:")


class TypedError(ValueError):
    """A value does not fit its schema so that its fields could be told apart: `path` and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path_text(path)}: {reason}")
        self.path = path
        self.reason = reason

    def below(self, element: str) -> TypedError:
        """The same error seen from one level higher."""
        return TypedError((element, *self.path), self.reason)


def fields(*names: str) -> Path:
    """The path of nested fields: `fields("metadata", "labels")`."""
    return tuple("f:" + name for name in names)


def item_element(item: Any, node: SchemaNode) -> str:
    """How an item of a granular list is told apart: by its value in a set, by its keys in a map.

    A key that the item lacks counts with its default. Raises TypedError.
    """
    if node.list_type == "set":
        return "v:" + orjson.dumps(item, option=_SORTED).decode()
    if not isinstance(item, dict):
        raise TypedError((), "associative list with keys may not have a null or non-map element")
    keys = {name: item[name] if name in item else _key_default(name, node) for name in node.list_map_keys}
    if len(keys) == 1:
        ((name, value),) = keys.items()
        if type(value) is str:
            return _single_key(name, value)
    return "k:" + orjson.dumps(keys, option=_SORTED).decode()


@lru_cache(maxsize=8192)
def _single_key(name: str, value: str) -> str:
    return "k:" + orjson.dumps({name: value}).decode()


def _key_default(name: str, node: SchemaNode) -> Any:
    item_node = node.item()
    child = item_node.property(name) if item_node is not None else None
    if child is None or child.default is None:
        reason = f'associative list with keys has an element that omits key field "{name}"'
        raise TypedError((), reason + " (and doesn't have default value)")
    return child.default


@lru_cache(maxsize=8192)
def is_element(text: str) -> bool:
    """Whether the text is a path element whose JSON, if it has any, can be read."""
    kind, rest = text[:2], text[2:]
    if kind not in _KINDS:
        return False
    if kind == "f:":
        return True
    try:
        value = orjson.loads(rest)
    except orjson.JSONDecodeError:
        return False
    return kind == "v:" or isinstance(value, dict if kind == "k:" else int)


@lru_cache(maxsize=8192)
def sort_key(element: str) -> tuple[Any, ...]:
    """The server's order: fields by name, then keys, values and indexes by what they hold; "." comes first."""
    if element == ".":
        return (-1,)
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return (0, rest)
    value = orjson.loads(rest)
    if kind == "k:":
        return (1, tuple((name, *_rank(inner)) for name, inner in value.items()))
    return (_KINDS.index(kind), *_rank(value))


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, bool):
        return (2, value)
    if isinstance(value, int | float):
        return (0, value)
    if isinstance(value, str):
        return (1, value)
    return (3, orjson.dumps(value, option=_SORTED))


def path_text(path: Path) -> str:
    """As conflicts show it: `.spec.containers[name="app"].image`."""
    return "".join(_element_text(element) for element in path)


def _element_text(element: str) -> str:
    kind, rest = element[:2], element[2:]
    if kind == "f:":
        return "." + rest
    if kind == "k:":
        keys = orjson.loads(rest)
        return "[" + ",".join(f"{name}={orjson.dumps(keys[name]).decode()}" for name in sorted(keys)) + "]"
    return f"[={rest}]" if kind == "v:" else f"[{rest}]"
