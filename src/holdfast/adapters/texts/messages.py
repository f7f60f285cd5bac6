"""What the pool and its workers say to one another, as JSON."""

from __future__ import annotations

from typing import Any

from msgspec import Struct


class Question(Struct, frozen=True):
    texts: list[str]
    variables: dict[str, Any]


class Filled(Struct, frozen=True, tag="filled"):
    texts: list[str]


class Failed(Struct, frozen=True, tag="failed"):
    at: int
    message: str


Answer = Filled | Failed
