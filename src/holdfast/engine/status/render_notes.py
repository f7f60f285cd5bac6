"""What renders note for people, as it is told of an application: once each, and bounded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from holdfast.engine.status.conditions import condition
from holdfast.model.application import ApplicationCondition
from holdfast.model.names import ConditionType

MOST: Final = 10
LONGEST: Final = 500


def told(notes: Iterable[str]) -> tuple[str, ...]:
    """At most MOST notes and a line that counts the others, none longer than LONGEST characters."""
    distinct = tuple(dict.fromkeys(notes))
    shown = [note if len(note) <= LONGEST else f"{note[:LONGEST]}…" for note in distinct[:MOST]]
    if len(distinct) > MOST:
        shown.append(f"and {len(distinct) - MOST} more of this kind")
    return tuple(shown)


def warnings(notes: Iterable[str]) -> tuple[ApplicationCondition, ...]:
    return tuple(condition(ConditionType.RENDER_WARNING, note) for note in told(notes))
