"""The conditions of an application: one of each type and text, with the time since when it holds."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from holdfast.model.application import ApplicationCondition
from holdfast.model.names import ConditionType

# These belong to the deletion, not to the comparison, and stay until it is through.
KEPT = frozenset({ConditionType.DELETION_ERROR.value})


def merged(
    before: Iterable[ApplicationCondition], found: Iterable[ApplicationCondition], now: str
) -> tuple[ApplicationCondition, ...]:
    """Those found now, each since it first had this text; sorted, so that nothing moves without cause."""
    known = {(old.type, old.message): old for old in before}
    wanted = {(new.type, new.message): new for new in found}
    wanted.update({key: old for key, old in known.items() if old.type in KEPT})
    return tuple(
        known.get(key) or msgspec.structs.replace(wanted[key], last_transition_time=now) for key in sorted(wanted)
    )


def unsettled(found: Iterable[ApplicationCondition]) -> bool:
    """Whether one of them may go without a change of what the application reads or of its objects. What a render notes
    does not."""
    return any(one.type != ConditionType.RENDER_WARNING for one in found)


def condition(kind: ConditionType, message: str) -> ApplicationCondition:
    return ApplicationCondition(type=kind, message=message)
