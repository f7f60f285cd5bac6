"""Answers to "may it?", with the reason."""

from __future__ import annotations

from msgspec import Struct


class Answer(Struct, frozen=True):
    """`because` names the rule that decided, for people."""

    allowed: bool
    because: str = ""
