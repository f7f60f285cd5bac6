"""What a measured value means by the conditions of its metric."""

from __future__ import annotations

import math
from typing import Any

from holdfast.engine.analysis.phases import Phase
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.evaluate import Expression
from holdfast.engine.lang.expr.functions import Functions
from holdfast.engine.lang.expr.values import is_number, type_of
from holdfast.model.analysis import Metric


def judged(result: Any, metric: Metric) -> Phase:
    """Raises ExpressionError when a condition cannot be answered: the measurement is then an Error.

    A value that fulfils neither of two conditions is Inconclusive; without conditions every value is good.
    """
    succeeds = holds(metric.success_condition, result) if metric.success_condition else None
    fails = holds(metric.failure_condition, result) if metric.failure_condition else None
    if fails:
        return Phase.FAILED
    if succeeds is None or succeeds:
        return Phase.SUCCESSFUL
    return Phase.FAILED if fails is None else Phase.INCONCLUSIVE


def holds(condition: str, result: Any) -> bool:
    """Raises ExpressionError."""
    found = Expression(condition, FUNCTIONS).evaluate({"result": result})
    if not isinstance(found, bool):
        raise ExpressionError(f"expected bool, but got {type_of(found)}")
    return found


def _as_int(value: Any) -> int:
    return int(value) if isinstance(value, str) or is_number(value) else _no_number(value)


def _as_float(value: Any) -> float:
    return float(value) if isinstance(value, str) or is_number(value) else _no_number(value)


def _no_number(value: Any) -> int:
    raise ExpressionError(f"{type_of(value)} is no number")


def _default(value: Any, instead: Any) -> Any:
    return instead if value is None or (isinstance(value, list) and not value) else value


FUNCTIONS: Functions = {
    "asInt": _as_int,
    "asFloat": _as_float,
    "isNaN": lambda value: isinstance(value, float) and math.isnan(value),
    "isInf": lambda value: isinstance(value, float) and math.isinf(value),
    "isNil": lambda value: value is None,
    "default": _default,
}
