"""Asks jq which paths of an object an expression means.

Nothing here bounds time or memory: whoever calls this must be a process that can be killed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import jq

from holdfast.model.errors import Blocked
from holdfast.model.scripts import JsonPath, PathsQuestion

COMPILED = 256


def paths(question: PathsQuestion) -> tuple[JsonPath, ...]:
    """Raises Blocked when the expression is none."""
    program = _compiled(question.expression)
    try:
        [found] = program.input_value(question.obj).all()
    except ValueError:
        # An expression that does not fit this object, such as .spec.list[] without a list, means nothing in it.
        # Source: Argo CD, util/argo/normalizers/diff_normalizer.go
        return ()
    return tuple(plain for path in found for plain in _plain(path, question.obj))


def _plain(path: list[Any], value: Any) -> list[JsonPath]:
    """The path without what only jq has: numbers from the end of a list, and slices, whose items are told one by one."""
    if not path:
        return [()]
    step, rest = path[0], path[1:]
    if isinstance(value, list) and isinstance(step, dict):
        chosen = range(*slice(step.get("start"), step.get("end")).indices(len(value)))
        if rest and isinstance(rest[0], int):
            return _plain([chosen[rest[0]], *rest[1:]], value) if -len(chosen) <= rest[0] < len(chosen) else []
        return [(number,) for number in chosen]
    if isinstance(value, list) and isinstance(step, int):
        number = step + len(value) if step < 0 else step
        return [(number, *more) for more in _plain(rest, value[number])] if 0 <= number < len(value) else []
    if isinstance(value, dict) and step in value:
        return [(step, *more) for more in _plain(rest, value[step])]
    return []


@lru_cache(maxsize=COMPILED)
def _compiled(expression: str) -> Any:
    try:
        return jq.compile(f"[path({expression}\n)]")
    except ValueError as error:
        said = str(error).splitlines()[0].removeprefix("jq: ")
        raise Blocked("ExpressionInvalid", f"the jq expression {expression!r} cannot be read: {said}") from error
