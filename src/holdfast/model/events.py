"""What a controller tells of an object, as an Event beside it."""

from __future__ import annotations

from msgspec import Struct


class Event(Struct, frozen=True):
    reason: str
    message: str
    warning: bool = False

    @property
    def type(self) -> str:
        return "Warning" if self.warning else "Normal"
