"""What a script pool and its workers say to one another, as JSON."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Done(Struct, frozen=True, tag="done"):
    value: Any


class Failed(Struct, frozen=True, tag="failed"):
    reason: str
    message: str


Answer = Done | Failed
