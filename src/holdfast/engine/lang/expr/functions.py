"""The functions and operators of the language.

Source: https://expr-lang.org/docs/language-definition
"""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from functools import cmp_to_key
from itertools import chain
from typing import Any, TypeAlias

import msgspec
import re2

from holdfast.engine.lang import durations
from holdfast.engine.lang.expr import times, values
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.predicates import compared, is_descending

Functions: TypeAlias = Mapping[str, Callable[..., Any]]


def operation(operator: str, left: Any, right: Any) -> Any:
    """A binary operator whose sides are both known."""
    match operator:
        case "==":
            return values.equal(left, right)
        case "!=":
            return not values.equal(left, right)
        case "<":
            return values.less(left, right, operator)
        case ">":
            return values.less(right, left, operator)
        case "<=":
            return values.equal(left, right) or values.less(left, right, operator)
        case ">=":
            return values.equal(left, right) or values.less(right, left, operator)
        case "+":
            return values.add(left, right)
        case "-":
            return values.subtract(left, right)
        case "in":
            return values.contains(right, left)
        case "..":
            return values.span(left, right)
        case "contains" | "startsWith" | "endsWith" | "matches":
            return _of_texts(operator, left, right)
        case _:
            return values.arithmetic(operator, left, right)


def _of_texts(operator: str, left: Any, right: Any) -> bool:
    if left is None:
        return False
    if not (isinstance(left, str) and isinstance(right, str)):
        raise values.mismatch(operator, left, right)
    match operator:
        case "contains":
            return right in left
        case "startsWith":
            return left.startswith(right)
        case "endsWith":
            return left.endswith(right)
        case _:
            return _matches(left, right)


def _matches(text: str, pattern: str) -> bool:
    """RE2's own syntax and its linear time, whatever the pattern is."""
    try:
        return re2.search(pattern, text) is not None
    except re2.error as error:
        raise ExpressionError(f"the regular expression {pattern!r} cannot be read: {error}") from error


def called(name: str, function: Callable[..., Any], arguments: list[Any]) -> Any:
    try:
        return function(*arguments)
    except ExpressionError as error:
        raise ExpressionError(f"{name}: {error}") from error
    except (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError) as error:
        shown = ", ".join(values.type_of(argument) for argument in arguments)
        raise ExpressionError(f"{name} cannot be called with ({shown}): {error}") from error


def method(of: Any, name: str, arguments: list[Any]) -> Any:
    """Methods of times and durations, and functions that a map holds."""
    if isinstance(of, Mapping) and callable(of.get(name)):
        return called(name, of[name], arguments)
    known = times.METHODS.get((values.type_of(of), name))
    if known is None:
        raise ExpressionError(f"{values.type_of(of)} has no method {name}")
    return called(name, known, [of, *arguments])


def _int(value: Any) -> int:
    if isinstance(value, str):
        return int(value)
    if values.is_number(value):
        return int(value)
    raise ExpressionError(f"{values.type_of(value)} is no number")


def _float(value: Any) -> float:
    if isinstance(value, str) or values.is_number(value):
        return float(value)
    raise ExpressionError(f"{values.type_of(value)} is no number")


def _string(value: Any) -> str:
    match value:
        case str():
            return value
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)
        case _:
            return values.bounded_text(_to_json(value))


def _to_json(value: Any) -> str:
    return values.bounded_text(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def _from_json(text: str) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ExpressionError(f"no JSON: {error}") from error


def _from_base64(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ExpressionError(f"no base64: {error}") from error


def _length(value: Any) -> int:
    if isinstance(value, str | list | tuple | range | Mapping):
        return len(value)
    raise ExpressionError(f"{values.type_of(value)} has no length")


def _numbers(arguments: tuple[Any, ...]) -> list[Any]:
    found: list[Any] = []
    for argument in arguments:
        found += _numbers(tuple(argument)) if isinstance(argument, list | tuple | range) else [argument]
    if not found or not all(values.is_number(number) for number in found):
        raise ExpressionError("numbers are needed")
    return found


def _median(*arguments: Any) -> float:
    ordered = sorted(_numbers(arguments))
    middle = len(ordered) // 2
    return float(ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2)


def _mean(*arguments: Any) -> float:
    found = _numbers(arguments)
    return math.fsum(found) / len(found)


def _split(text: str, separator: str, most: int = -1) -> list[str]:
    parts = text.split(separator) if separator else list(text)
    if 0 < most < len(parts):
        return [*parts[: most - 1], separator.join(parts[most - 1 :])]
    return parts


def _split_after(text: str, separator: str) -> list[str]:
    *parts, last = text.split(separator)
    return [*(part + separator for part in parts), last]


def _repeat(text: str, times_: int) -> str:
    if len(text) * times_ > values.MOST_TEXT:
        raise ExpressionError("the text would be too long")
    return text * times_


def _replace(text: str, old: str, new: str) -> str:
    if (text.count(old) if old else len(text)) * max(len(new), 1) > values.MOST_TEXT:
        raise ExpressionError("the text would be too long")
    return text.replace(old, new)


def _sort(items: Any, order: str = "asc") -> list[Any]:
    return sorted(values.items_of(items, "sort"), key=cmp_to_key(compared), reverse=is_descending(order))


def _unique(items: Any) -> list[Any]:
    found: list[Any] = []
    for item in values.items_of(items, "uniq"):
        if not any(values.equal(item, other) for other in found):
            found.append(item)
    return found


def _get(of: Any, name: Any) -> Any:
    try:
        return values.member(of, name)
    except ExpressionError:
        return None


def _flatten(items: Any) -> list[Any]:
    return list(chain.from_iterable(item if isinstance(item, list) else (item,) for item in items))


def _date(text: str, layout: str = "", zone: str = "UTC") -> Any:
    return times.parse(text, layout, zone)


def _duration(text: str) -> Any:
    found = durations.parse(text)
    if found is None:
        raise ExpressionError(f"{text!r} is no duration")
    return found


def _round(value: Any) -> float:
    """Half away from zero, as Go rounds."""
    return math.copysign(math.floor(abs(_float(value)) + 0.5), value)


def _sum(items: Any) -> Any:
    return sum(_numbers((items,))) if items else 0


ALL: Functions = {
    "int": _int,
    "float": _float,
    "string": _string,
    "type": values.type_of,
    "len": _length,
    "abs": lambda value: abs(value),
    "ceil": lambda value: float(math.ceil(_float(value))),
    "floor": lambda value: float(math.floor(_float(value))),
    "round": _round,
    "min": lambda *arguments: min(_numbers(arguments)),
    "max": lambda *arguments: max(_numbers(arguments)),
    "mean": _mean,
    "median": _median,
    "sum": _sum,
    "count": lambda items: sum(values.truth(item, "count") for item in items),
    "upper": lambda text: str.upper(text),
    "lower": lambda text: str.lower(text),
    "trim": lambda text, signs=None: str.strip(text, signs),
    "trimPrefix": lambda text, prefix=" ": str.removeprefix(text, prefix),
    "trimSuffix": lambda text, suffix=" ": str.removesuffix(text, suffix),
    "split": _split,
    "splitAfter": _split_after,
    "join": lambda items, separator="": values.bounded_text(str.join(separator, items)),
    "replace": _replace,
    "repeat": _repeat,
    "indexOf": lambda text, part: str.find(text, part),
    "lastIndexOf": lambda text, part: str.rfind(text, part),
    "hasPrefix": lambda text, prefix: str.startswith(text, prefix),
    "hasSuffix": lambda text, suffix: str.endswith(text, suffix),
    "first": lambda items: items[0] if items else None,
    "last": lambda items: items[-1] if items else None,
    "take": lambda items, number: list(items[:number]),
    "reverse": lambda items: list(reversed(items)),
    "sort": _sort,
    "uniq": _unique,
    "concat": lambda *lists: list(chain.from_iterable(lists)),
    "flatten": _flatten,
    "keys": lambda of: sorted(Mapping.keys(of)) if isinstance(of, Mapping) else list(of.keys()),
    "values": lambda of: [of[key] for key in sorted(of)],
    "toPairs": lambda of: [[key, of[key]] for key in sorted(of)],
    "fromPairs": lambda pairs: dict(pairs),
    "get": _get,
    "toJSON": _to_json,
    "fromJSON": _from_json,
    "toBase64": lambda text: base64.b64encode(text.encode()).decode(),
    "fromBase64": _from_base64,
    "date": _date,
    "duration": _duration,
}
