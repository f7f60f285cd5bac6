"""Which conditions of a trigger hold for an object.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/triggers/
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from holdfast.engine.lang.expr import functions, times
from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.evaluate import Expression
from holdfast.engine.notify.settings import Condition

_WORD: Final = re.compile("(?<=[a-z0-9])(?=[A-Z])")


class Result(Struct, frozen=True):
    """`key` names the condition in the record; `once_per` is the value of the expression; `problem` is why it cannot be
    answered, "" where it can."""

    condition: Condition
    key: str
    holds: bool
    once_per: str = ""
    problem: str = ""


def of_event(reason: str) -> str:
    """The trigger that an event asks: RolloutStepCompleted is for `on-rollout-step-completed`."""
    return f"on-{_WORD.sub('-', reason).lower()}"


def results(conditions: tuple[Condition, ...], variables: Mapping[str, Any]) -> tuple[Result, ...]:
    """One for each condition; without `when` it always holds."""
    return tuple(_result(number, condition, variables) for number, condition in enumerate(conditions))


def _result(number: int, condition: Condition, variables: Mapping[str, Any]) -> Result:
    key = f"[{number}].{_digest(condition.when)}"
    try:
        holds = _holds(condition.when, variables)
        once_per = _text(condition.once_per, variables) if holds else ""
    except ExpressionError as error:
        return Result(condition, key, holds=False, problem=str(error))
    return Result(condition, key, holds, once_per)


def _holds(when: str, variables: Mapping[str, Any]) -> bool:
    """What is no yes or no holds as little as what is no."""
    return not when or Expression(when).evaluate(variables) is True


def _text(once_per: str, variables: Mapping[str, Any]) -> str:
    if not once_per:
        return ""
    found = Expression(once_per).evaluate(variables)
    return "" if found is None else str(functions.ALL["string"](found))


def _digest(when: str) -> str:
    """As Argo CD writes it into its record, so that its records go on counting."""
    return base64.urlsafe_b64encode(hashlib.sha1(when.encode(), usedforsecurity=False).digest()).decode().rstrip("=")


def times_at(now: datetime) -> Mapping[str, Any]:
    """What `time` is in an expression."""
    return {"Now": lambda: now, "Parse": times.parse}
