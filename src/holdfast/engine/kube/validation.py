"""Judges a value by a structural schema, in the server's own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import orjson
from msgspec import Struct

from holdfast.engine.kube import formats
from holdfast.engine.kube.canonical import equal
from holdfast.engine.kube.schema import SchemaNode

MAX_ERRORS: Final = 100
MAX_DEPTH: Final = 200

_WORDS: Final = {
    "FieldValueInvalid": "Invalid value",
    "FieldValueTypeInvalid": "Invalid value",
    "FieldValueRequired": "Required value",
    "FieldValueNotSupported": "Unsupported value",
    "FieldValueDuplicate": "Duplicate value",
    "FieldValueTooLong": "Too long",
    "FieldValueTooMany": "Too many",
}


_WITHOUT_VALUE: Final = ("FieldValueRequired", "FieldValueTooLong")


class FieldError(Struct, frozen=True):
    """`type` is the machine-readable cause (FieldValueInvalid …); str() is how the server words it."""

    field: str
    type: str
    value: Any
    detail: str

    @property
    def message(self) -> str:
        """What a cause of the server's Status says: all but the field."""
        words = _WORDS.get(self.type, self.type)
        shown = "" if self.type in _WITHOUT_VALUE else f": {_shown(self.value)}"
        return f"{words}{shown}" + (f": {self.detail}" if self.detail else "")

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def _shown(value: Any) -> str:
    return orjson.dumps(value).decode()


def validate(obj: Any, node: SchemaNode) -> tuple[FieldError, ...]:
    """All errors of `obj`, at most a hundred; rules in CEL are not judged."""
    return tuple(islice(_value_errors(obj, node, "", 0), MAX_ERRORS))


def _value_errors(value: Any, node: SchemaNode, path: str, depth: int) -> Iterator[FieldError]:
    if depth > MAX_DEPTH:
        yield _invalid(path, value, f"is nested deeper than {MAX_DEPTH} levels")
        return
    if value is None:
        if not (node.nullable or not node.type):
            yield _type_error(path, value, node.type)
        return
    if not _has_type(value, node):
        yield _type_error(path, value, "integer,string" if node.is_int_or_string else node.type)
        yield from _enum_errors(value, node.raw, path)
        return
    if node.has_keywords:
        yield from _keyword_errors(value, node.raw, path)
    if isinstance(value, dict):
        yield from _object_errors(value, node, path, depth)
    elif isinstance(value, list):
        yield from _list_errors(value, node, path, depth)


def _invalid(path: str, value: Any, detail: str) -> FieldError:
    return FieldError(path, "FieldValueInvalid", value, f"{path or '<nil>'} in body {detail}")


def _type_error(path: str, value: Any, wanted: str) -> FieldError:
    detail = f'{path or "<nil>"} in body must be of type {wanted}: "{_type_name(value)}"'
    return FieldError(path, "FieldValueTypeInvalid", _type_name(value), detail)


def _type_name(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _has_type(value: Any, node: SchemaNode) -> bool:
    if node.is_int_or_string:
        return _type_name(value) in ("integer", "string")
    return not node.type or _is_type(value, node.type)


def _is_type(value: Any, wanted: str) -> bool:
    found = _type_name(value)
    if wanted == "integer":
        return found == "integer" or (found == "number" and value.is_integer())
    return found == wanted or (wanted == "number" and found == "integer")


def _object_errors(value: dict[str, Any], node: SchemaNode, path: str, depth: int) -> Iterator[FieldError]:
    yield from _required_errors(value, node.required, path)
    if node.is_embedded_resource and path:
        yield from _required_errors(value, ("apiVersion", "kind"), path)
    yield from _count_errors(value, node.raw, path)
    for key in sorted(value):
        child = node.property(key)
        if child is not None:
            yield from _value_errors(value[key], child, f"{path}.{key}" if path else key, depth + 1)


def _required_errors(value: dict[str, Any], required: tuple[str, ...], path: str) -> Iterator[FieldError]:
    for name in required:
        if name not in value:
            yield FieldError(f"{path}.{name}" if path else name, "FieldValueRequired", None, "")


def _list_errors(value: list[Any], node: SchemaNode, path: str, depth: int) -> Iterator[FieldError]:
    yield from _count_errors(value, node.raw, path)
    item_node = node.item()
    if item_node is not None:
        for index, item in enumerate(value):
            yield from _value_errors(item, item_node, f"{path}[{index}]", depth + 1)
    if node.list_type in ("set", "map"):
        yield from _duplicate_errors(value, node, path)


def _duplicate_errors(value: list[Any], node: SchemaNode, path: str) -> Iterator[FieldError]:
    seen: set[bytes] = set()
    for index, item in enumerate(value):
        if item is None:
            continue
        if node.list_type == "map" and not isinstance(item, dict):
            detail = "must be an object for an array of list-type map"
            yield FieldError(f"{path}[{index}]", "FieldValueInvalid", item, detail)
            continue
        identity = _keys_of(item, node) if node.list_type == "map" else item
        text = orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)
        if text in seen:
            yield FieldError(f"{path}[{index}]", "FieldValueDuplicate", identity, "")
        seen.add(text)


def _keys_of(item: dict[str, Any], node: SchemaNode) -> dict[str, Any]:
    item_node = node.item()
    children = {name: item_node.property(name) if item_node is not None else None for name in node.list_map_keys}
    defaults = {name: child.default for name, child in children.items() if child is not None}
    return {name: item.get(name, defaults.get(name)) for name in node.list_map_keys}


_COUNTED: Final = {dict: ("Properties", "properties"), list: ("Items", "items"), str: ("Length", "chars long")}


def _count_errors(value: dict[str, Any] | list[Any] | str, raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    name, words = _COUNTED[type(value)]
    lowest, highest = raw.get(f"min{name}"), raw.get(f"max{name}")
    is_text = isinstance(value, str)
    if lowest is not None and len(value) < lowest:
        shown = value if is_text else len(value)
        yield _invalid(path, shown, f"should {'be' if is_text else 'have'} at least {lowest} {words}")
    if highest is not None and len(value) > highest:
        if is_text:
            yield FieldError(path, "FieldValueTooLong", None, f"may not be more than {highest} bytes")
        else:
            yield FieldError(path, "FieldValueTooMany", len(value), f"must have at most {highest} items")


def _keyword_errors(value: Any, raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    """The keywords that judge a value by itself, and those that combine schemas."""
    yield from _enum_errors(value, raw, path)
    if isinstance(value, str):
        yield from _string_errors(value, raw, path)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield from _number_errors(value, raw, path)
    elif isinstance(value, list) and raw.get("uniqueItems"):
        texts = {orjson.dumps(item, option=orjson.OPT_SORT_KEYS) for item in value}
        if len(texts) < len(value):
            yield _invalid(path, value, "shouldn't contain duplicates")
    for keyword, judge in _COMBINATIONS.items():
        if keyword in raw:
            yield from judge(value, raw[keyword], path)


def _enum_errors(value: Any, raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    enum = raw.get("enum")
    if enum is not None and not any(equal(value, allowed) for allowed in enum):
        texts = (allowed if isinstance(allowed, str) else _shown(allowed) for allowed in enum)
        supported = ", ".join(_shown(text) for text in texts)
        yield FieldError(path, "FieldValueNotSupported", value, f"supported values: {supported}")


def _string_errors(value: str, raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    yield from _count_errors(value, raw, path)
    pattern = raw.get("pattern")
    if pattern is not None:
        compiled = _compiled(pattern)
        if compiled is not None and compiled.search(value) is None:
            yield _invalid(path, value, f"should match '{pattern}'")
    format_name = raw.get("format") or ""
    if not formats.fits(format_name, value):
        detail = f"{path} in body must be of type {format_name}: {_shown(value)}"
        yield FieldError(path, "FieldValueTypeInvalid", value, detail)


@lru_cache(maxsize=2048)
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """None where Python's syntax of patterns differs from the server's: such a pattern judges nothing."""
    try:
        return re.compile(pattern.replace(r"\z", r"\Z"))
    except re.error:
        return None


def _number_errors(value: int | float, raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    lowest, highest, step = raw.get("minimum"), raw.get("maximum"), raw.get("multipleOf")
    if lowest is not None:
        exclusive = raw.get("exclusiveMinimum") is True
        if value < lowest or (exclusive and value == lowest):
            yield _invalid(path, value, f"should be greater than {'' if exclusive else 'or equal to '}{lowest}")
    if highest is not None:
        exclusive = raw.get("exclusiveMaximum") is True
        if value > highest or (exclusive and value == highest):
            yield _invalid(path, value, f"should be less than {'' if exclusive else 'or equal to '}{highest}")
    if step and value % step:
        yield _invalid(path, value, f"should be a multiple of {step}")
    bits = {"int32": 31, "int64": 63}.get(raw.get("format") or "")
    if bits and not -(2**bits) <= value < 2**bits:
        yield _whole(f"Checked value must be of type integer with format {raw['format']} in {path}")


def _whole(detail: str) -> FieldError:
    """An error that the server reports without a field: of schemas combined, and of formats of numbers."""
    return FieldError("<nil>", "FieldValueInvalid", "", detail)


def _matches(value: Any, raw: Mapping[str, Any]) -> bool:
    """Whether a value fits a schema that is combined with others: a plain judgement without words."""
    return next(_judged(value, raw, ""), None) is None


def _judged(value: Any, raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    return _value_errors(value, SchemaNode(raw, None, structural=True), path, 0)


def _all_of(value: Any, schemas: list[Mapping[str, Any]], path: str) -> Iterator[FieldError]:
    errors = [error for raw in schemas for error in _judged(value, raw, path)]
    yield from errors
    if errors:
        yield _whole(f'"{path}" must validate all the schemas (allOf)')


def _any_of(value: Any, schemas: list[Mapping[str, Any]], path: str) -> Iterator[FieldError]:
    if not any(_matches(value, raw) for raw in schemas):
        yield _whole(f'"{path}" must validate at least one schema (anyOf)')
        yield from _judged(value, schemas[0], path)


def _one_of(value: Any, schemas: list[Mapping[str, Any]], path: str) -> Iterator[FieldError]:
    fitting = sum(_matches(value, raw) for raw in schemas)
    if fitting == 1:
        return
    found = f"Found {fitting} valid alternatives" if fitting else "Found none valid"
    yield _whole(f'"{path}" must validate one and only one schema (oneOf). {found}')
    if not fitting:
        yield from _judged(value, schemas[0], path)


def _not(value: Any, raw: Mapping[str, Any], path: str) -> Iterator[FieldError]:
    if _matches(value, raw):
        yield _whole(f'"{path}" must not validate the schema (not)')


_COMBINATIONS: Final[Mapping[str, Callable[[Any, Any, str], Iterator[FieldError]]]] = {
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
}
