"""Turns what a Lua script returned into JSON values, within a budget.

Source: how Argo CD's Lua library encodes tables: https://github.com/layeh/gopher-json
"""

from __future__ import annotations

import math
from typing import Any, Final

from lupa.lua51 import lua_type

MOST_VALUES: Final = 200_000
MOST_DEPTH: Final = 100


def to_json(value: Any) -> Any:
    """Raises ValueError for what JSON does not have: functions, mixed or sparse tables, numbers that are none."""
    return _Conversion().convert(value, 0)


class _Conversion:
    def __init__(self) -> None:
        self._left = MOST_VALUES

    def convert(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if self._left < 0 or depth > MOST_DEPTH:
            raise ValueError("the script's answer is too large, or a table in it holds itself")
        if value is None or isinstance(value, bool | str | int):
            return value
        if isinstance(value, float):
            return _number(value)
        if lua_type(value) != "table":
            raise ValueError(f"the script's answer holds a {lua_type(value)}")
        pairs = list(value.items())
        if all(isinstance(key, int) for key, _ in pairs):
            return self._array(pairs, depth)
        if all(isinstance(key, str) for key, _ in pairs):
            return {key: self.convert(item, depth + 1) for key, item in pairs}
        raise ValueError("the script's answer holds a table with both names and numbers as keys")

    def _array(self, pairs: list[tuple[int, Any]], depth: int) -> list[Any]:
        pairs.sort(key=lambda pair: pair[0])
        if [number for number, _ in pairs] != list(range(1, len(pairs) + 1)):
            raise ValueError("the script's answer holds a list with gaps")
        return [self.convert(item, depth + 1) for _, item in pairs]


def _number(value: float) -> float | int:
    if not math.isfinite(value):
        raise ValueError(f"the script's answer holds the number {value}")
    return int(value) if value.is_integer() and abs(value) < 2**53 else value
