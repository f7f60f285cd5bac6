"""What a reconcile that went well says about its next run."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeAlias

from msgspec import Struct


class Settled(Struct, frozen=True):
    """Nothing to do until something changes."""


class Again(Struct, frozen=True):
    """Run again after `after`, whatever happens until then; `because` says why to whoever reads the log."""

    after: timedelta
    because: str


Outcome: TypeAlias = Settled | Again
