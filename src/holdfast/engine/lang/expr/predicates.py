"""Functions that ask something of each item of an array."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cmp_to_key
from typing import Any, TypeAlias

from holdfast.engine.lang.expr import values
from holdfast.engine.lang.expr.errors import ExpressionError

Ask: TypeAlias = Callable[[Mapping[str, Any]], Any]


def _each(items: list[Any], ask: Ask) -> list[tuple[Any, Any]]:
    return [(item, ask({"": item, "index": index})) for index, item in enumerate(items)]


def _holds(items: list[Any], ask: Ask) -> list[Any]:
    return [item for item, answer in _each(items, ask) if values.truth(answer, "a predicate")]


def _all(items: list[Any], ask: Ask) -> bool:
    return all(values.truth(ask({"": item, "index": index}), "a predicate") for index, item in enumerate(items))


def _any(items: list[Any], ask: Ask) -> bool:
    return any(values.truth(ask({"": item, "index": index}), "a predicate") for index, item in enumerate(items))


def _index(items: list[Any], ask: Ask, *, last: bool = False) -> int:
    numbers = range(len(items) - 1, -1, -1) if last else range(len(items))
    for index in numbers:
        if values.truth(ask({"": items[index], "index": index}), "a predicate"):
            return index
    return -1


def _find(items: list[Any], ask: Ask, *, last: bool = False) -> Any:
    index = _index(items, ask, last=last)
    return items[index] if index >= 0 else None


def _sum(items: list[Any], ask: Ask) -> Any:
    total: Any = 0
    for _, answer in _each(items, ask):
        total = values.add(total, answer)
    return total


def _group_by(items: list[Any], ask: Ask) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = {}
    for item, answer in _each(items, ask):
        if isinstance(answer, list | dict):
            raise ExpressionError(f"groupBy cannot group by {values.type_of(answer)}")
        groups.setdefault(answer, []).append(item)
    return groups


def _sort_by(items: list[Any], ask: Ask, order: Any = "asc") -> list[Any]:
    keyed = _each(items, ask)
    ordered = sorted(keyed, key=cmp_to_key(_by_answer), reverse=is_descending(order))
    return [item for item, _ in ordered]


def _by_answer(left: tuple[Any, Any], right: tuple[Any, Any]) -> int:
    return compared(left[1], right[1])


def _reduce(items: list[Any], ask: Ask, initial: Any = None) -> Any:
    if not items and initial is None:
        raise ExpressionError("reduce needs an item or an initial value")
    rest = items if initial is not None else items[1:]
    accumulated = initial if initial is not None else items[0]
    for index, item in enumerate(rest):
        accumulated = ask({"": item, "acc": accumulated, "index": index})
    return accumulated


def compared(left: Any, right: Any) -> int:
    if values.equal(left, right):
        return 0
    return -1 if values.less(left, right, "<") else 1


def is_descending(order: Any) -> bool:
    if order not in ("asc", "desc"):
        raise ExpressionError(f'an order is "asc" or "desc", not {order}')
    return bool(order == "desc")


ALL: Mapping[str, Callable[..., Any]] = {
    "all": _all,
    "any": _any,
    "none": lambda items, ask: not _any(items, ask),
    "one": lambda items, ask: len(_holds(items, ask)) == 1,
    "map": lambda items, ask: [answer for _, answer in _each(items, ask)],
    "filter": _holds,
    "find": _find,
    "findIndex": _index,
    "findLast": lambda items, ask: _find(items, ask, last=True),
    "findLastIndex": lambda items, ask: _index(items, ask, last=True),
    "count": lambda items, ask: len(_holds(items, ask)),
    "sum": _sum,
    "groupBy": _group_by,
    "sortBy": _sort_by,
    "reduce": _reduce,
}
