"""What operators mean for the values of an expression: numbers, texts, booleans, nil, lists, maps, times, durations."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from holdfast.engine.lang.expr.errors import ExpressionError

MOST_ITEMS = 100_000
MOST_TEXT = 1024**2


def type_of(value: Any) -> str:
    """The name of the type, for people and for `type()`."""
    match value:
        case None:
            return "nil"
        case bool():
            return "bool"
        case int():
            return "int"
        case float():
            return "float"
        case str():
            return "string"
        case datetime():
            return "time"
        case timedelta():
            return "duration"
        case Mapping():
            return "map"
        case _:
            return "array"


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def equal(left: Any, right: Any) -> bool:
    if is_number(left) and is_number(right):
        return bool(left == right)
    if type_of(left) != type_of(right):
        return False
    if isinstance(left, Mapping):
        return left.keys() == right.keys() and all(equal(value, right[key]) for key, value in left.items())
    if isinstance(left, list | tuple | range):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def less(left: Any, right: Any, operator: str) -> bool:
    if (is_number(left) and is_number(right)) or (type_of(left) == type_of(right) and _has_order(left)):
        return bool(left < right)
    raise mismatch(operator, left, right)


def _has_order(value: Any) -> bool:
    return isinstance(value, str | datetime | timedelta)


def mismatch(operator: str, left: Any, right: Any) -> ExpressionError:
    return ExpressionError(f"invalid operation: {operator} (mismatched types {type_of(left)} and {type_of(right)})")


def add(left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        return bounded_text(left + right)
    if isinstance(left, datetime) and isinstance(right, timedelta):
        return _moved(left, right)
    if isinstance(left, timedelta) and isinstance(right, datetime):
        return _moved(right, left)
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left + right
    return arithmetic("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    if isinstance(left, datetime) and isinstance(right, timedelta):
        return _moved(left, -right)
    if isinstance(left, datetime) and isinstance(right, datetime):
        return left - right
    if isinstance(left, timedelta) and isinstance(right, timedelta):
        return left - right
    return arithmetic("-", left, right)


def _moved(time: datetime, by: timedelta) -> datetime:
    try:
        return time + by
    except OverflowError as error:
        raise ExpressionError("a time lies outside of the calendar") from error


def arithmetic(operator: str, left: Any, right: Any) -> Any:
    if not (is_number(left) and is_number(right)):
        raise mismatch(operator, left, right)
    try:
        return _wrapped(_calculated(operator, left, right))
    except OverflowError as error:
        raise ExpressionError(f"{operator} gives a number that is too large") from error


def _calculated(operator: str, left: Any, right: Any) -> Any:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return _divided(float(left), float(right))
        case "%":
            if not (isinstance(left, int) and isinstance(right, int)):
                raise mismatch("%", left, right)
            if right == 0:
                raise ExpressionError("integer divide by zero")
            return int(math.fmod(left, right))
        case _:
            return _power(float(left), float(right))


def _divided(left: float, right: float) -> float:
    """As IEEE 754, which Go follows: no error."""
    if right == 0:
        return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)
    return left / right


def _power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _wrapped(value: int | float) -> int | float:
    """Go's integers have 64 bits; what is larger is said rather than turned around."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ExpressionError("an integer is larger than 64 bits")
    return value


def negated(value: Any) -> Any:
    if is_number(value) or isinstance(value, timedelta):
        return -value
    raise ExpressionError(f"invalid operation: - (mismatched type {type_of(value)})")


def truth(value: Any, where: str) -> bool:
    if not isinstance(value, bool):
        raise ExpressionError(f"{where} needs a bool, and has {type_of(value)}")
    return value


def contains(container: Any, item: Any) -> bool:
    """`item in container`."""
    if container is None:
        return False
    if isinstance(container, Mapping):
        return isinstance(item, str) and item in container
    if isinstance(container, list | tuple | range):
        return any(equal(item, other) for other in container)
    raise mismatch("in", item, container)


def member(of: Any, name: Any) -> Any:
    """A missing key of a map is nil, a missing item of a list an error."""
    if isinstance(of, Mapping):
        return of.get(name)
    if isinstance(of, list | tuple | range | str) and isinstance(name, int | float) and not isinstance(name, bool):
        try:
            return of[int(name)]
        except IndexError as error:
            raise ExpressionError(f"index out of range: {name} (array length is {len(of)})") from error
    if of is None:
        raise ExpressionError(f"cannot fetch {name} from nil")
    raise ExpressionError(f"type {type_of(of)} has no field {name}")


def items_of(value: Any, function: str) -> list[Any]:
    if isinstance(value, list | tuple | range):
        return list(value)
    raise ExpressionError(f"{function} needs an array, and has {type_of(value)}")


def span(start: Any, end: Any) -> range:
    if not (isinstance(start, int) and isinstance(end, int)):
        raise mismatch("..", start, end)
    if end - start >= MOST_ITEMS:
        raise ExpressionError(f"{start}..{end} has more than {MOST_ITEMS} numbers")
    return range(start, end + 1)


def bounded_text(text: str) -> str:
    if len(text) > MOST_TEXT:
        raise ExpressionError(f"a text is longer than {MOST_TEXT} characters")
    return text
