"""Events of which somebody is yet to be told.

The Event in the cluster is the outbox: it carries a label until all are told, so that a controller that ended tells what
is left when it is back. Here it is kept what happens meanwhile: never more than memory can hold.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from holdfast.model.keys import NamespacedName
from holdfast.model.kube import KubeObject

LABEL: Final = "holdfast.dev/notification"
MOST: Final = 10_000
MOST_EACH: Final = 200


class State(StrEnum):
    PENDING = "pending"
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"


class Letter(Struct):
    """`about` is the object as it was at the event; None after a restart. `tries` counts attempts by delivery;
    `undelivered` are those that the record of the object has and that did not arrive; `given_up` and `told` are not tried
    again."""

    event: str
    reason: str
    stamp: str
    about: KubeObject | None = None
    tries: dict[str, int] = field(default_factory=dict)
    undelivered: set[str] = field(default_factory=set)
    given_up: set[str] = field(default_factory=set)
    told: set[str] = field(default_factory=set)


class Outbox:
    def __init__(self) -> None:
        self._letters: dict[NamespacedName, dict[str, Letter]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def put(self, key: NamespacedName, letter: Letter) -> bool:
        """False when there is no room: the sweep finds it later."""
        waiting = self._letters.setdefault(key, {})
        if letter.event in waiting:
            return True
        if self._count >= MOST or len(waiting) >= MOST_EACH:
            return False
        waiting[letter.event] = letter
        self._count += 1
        return True

    def of(self, key: NamespacedName) -> list[Letter]:
        """In the order in which they came."""
        return list(self._letters.get(key, {}).values())

    def take(self, key: NamespacedName, letter: Letter) -> None:
        waiting = self._letters.get(key, {})
        if waiting.pop(letter.event, None) is not None:
            self._count -= 1
        if not waiting:
            self._letters.pop(key, None)


def letter_of(event: dict[str, Any], about: KubeObject | None = None) -> tuple[NamespacedName, Letter]:
    """Of an Event, and the object that it is about."""
    involved = event["involvedObject"]
    key = NamespacedName(str(involved.get("namespace") or ""), str(involved.get("name") or ""))
    name, stamp = str(event["metadata"]["name"]), str(event.get("firstTimestamp") or "")
    return key, Letter(name, str(event.get("reason") or ""), stamp, about)
