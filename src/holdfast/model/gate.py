"""What holds a sync back: the answer of the gates in front of it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from msgspec import Struct


class HoldKind(StrEnum):
    """Which gate is shut."""

    FREEZE = "Freeze"
    APPROVAL = "Approval"
    DEPENDENCY = "Dependency"
    DEPENDENCY_CYCLE = "DependencyCycle"
    DELETION_GUARD = "DeletionGuard"


class Hold(Struct, frozen=True):
    """One reason why a sync does not go on. `because` and `opens` are sentences for people, without a full stop:
    what is in the way, and what would take it away. `after` is when to look again, None when only an event helps.
    `refuses`: a person who asks for the sync is told no at once; otherwise the operation waits.
    """

    kind: HoldKind
    because: str
    opens: str
    after: timedelta | None = None
    refuses: bool = False

    @property
    def told(self) -> str:
        return f"{self.because}; {self.opens}"
