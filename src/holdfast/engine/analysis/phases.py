"""The phases of metrics and runs, from good to bad.

Source: Argo Rollouts, docs/features/analysis.md
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Phase(StrEnum):
    PENDING = "Pending"
    RUNNING = "Running"
    SUCCESSFUL = "Successful"
    INCONCLUSIVE = "Inconclusive"
    ERROR = "Error"
    FAILED = "Failed"


COMPLETED = (Phase.SUCCESSFUL, Phase.INCONCLUSIVE, Phase.ERROR, Phase.FAILED)
_ORDER = (Phase.PENDING, Phase.RUNNING, *COMPLETED)


def is_completed(phase: str) -> bool:
    return phase in COMPLETED


def is_worse(phase: str, than: str) -> bool:
    return _rank(phase) > _rank(than)


def worst(phases: Iterable[str], default: str = "") -> str:
    return max(phases, key=_rank, default=default)


def _rank(phase: str) -> int:
    return _ORDER.index(Phase(phase)) if phase else -1
