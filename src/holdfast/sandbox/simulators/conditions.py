"""The `conditions` of a status: one of each type, with the time of its last change."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from holdfast.engine.lang import instants

Condition = dict[str, Any]


def find(conditions: Sequence[Condition] | None, kind: str) -> Condition:
    """An empty one when there is none of this type."""
    return next((each for each in conditions or () if each.get("type") == kind), {})


def is_true(conditions: Sequence[Condition] | None, kind: str) -> bool:
    return find(conditions, kind).get("status") == "True"


def with_condition(
    conditions: Sequence[Condition] | None,
    kind: str,
    status: bool | str,
    now: datetime,
    *,
    reason: str = "",
    message: str = "",
    **times: str,
) -> list[Condition]:
    """The list with this condition in its place; the transition time moves only when the status does."""
    word = status if isinstance(status, str) else str(status)
    old = find(conditions, kind)
    since = old.get("lastTransitionTime") if old.get("status") == word else None
    unset = {name: None for name, value in old.items() if value is None}
    moment = since or instants.stamp(now)
    new: Condition = {**unset, "type": kind, "status": word, "lastTransitionTime": moment, **times}
    if reason:
        new["reason"] = reason
    if message:
        new["message"] = message
    if old:
        return [new if each is old else each for each in conditions or ()]
    return [*(conditions or ()), new]
