"""Whether a sync would delete so much, or such things, that a person must confirm it first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from msgspec import Struct

from holdfast.model.gate import Hold, HoldKind
from holdfast.model.keys import GroupKind, ObjectKey

ENABLED: Final = "holdfast.guard.enabled"
MAX_DELETIONS: Final = "holdfast.guard.maxDeletions"
MAX_PERCENT: Final = "holdfast.guard.maxDeletionsPercent"
OFF: Final = "off"

DEFAULT_DELETIONS = 20
DEFAULT_PERCENT = 50
MOST_NAMED = 3
FEW = 5
"""The share that nobody has chosen says nothing about fewer deletions than these."""

KEPT_KINDS: Final = frozenset(
    {
        GroupKind("", "Namespace"),
        GroupKind("", "PersistentVolumeClaim"),
        GroupKind("apiextensions.k8s.io", "CustomResourceDefinition"),
        GroupKind("apps", "StatefulSet"),
    }
)
"""What takes data with it."""


class Limits(Struct, frozen=True):
    """None: no limit. `least`: from how many deletions on the share counts."""

    enabled: bool = True
    deletions: int | None = DEFAULT_DELETIONS
    percent: int | None = DEFAULT_PERCENT
    least: int = FEW


def limits(places: Iterable[Mapping[str, str]]) -> Limits:
    """The nearest place that says something readable wins, key by key; `places` are given with the nearest first."""
    nearest = list(places)
    deletions, _ = _number(nearest, MAX_DELETIONS, DEFAULT_DELETIONS)
    percent, chosen = _number(nearest, MAX_PERCENT, DEFAULT_PERCENT)
    switches = [said for place in nearest if (said := place.get(ENABLED, "").strip()) in ("true", "false")]
    return Limits(
        enabled=not switches or switches[0] == "true",
        deletions=deletions,
        percent=percent,
        least=0 if chosen else FEW,
    )


def _number(places: Iterable[Mapping[str, str]], key: str, default: int) -> tuple[int | None, bool]:
    """The number, and whether anybody has chosen it."""
    for place in places:
        said = place.get(key, "").strip().removesuffix("%")
        if said == OFF:
            return None, True
        if said.isdecimal():
            return int(said), True
    return default, False


def hold(
    deleted: Collection[ObjectKey], total: int, chosen: Limits, app: str, recreated: Collection[ObjectKey] = ()
) -> Hold | None:
    """`total` is how many objects the application had before, those that would go included. Of those that are deleted to be
    made anew only the kinds that take data with them count."""
    dear = {key for key in recreated if key.group_kind in KEPT_KINDS}
    if not chosen.enabled or not (deleted or dear):
        return None
    reasons = _reasons(deleted, total, chosen)
    parts = (
        [f"delete {len(deleted)} of {total} objects ({_kinds(deleted)}): {' and '.join(reasons)}"] if reasons else []
    )
    if dear:
        named = ", ".join(f"{key.kind} {key.name}" for key in sorted(dear)[:MOST_NAMED])
        more = f" and {len(dear) - MOST_NAMED} more" if len(dear) > MOST_NAMED else ""
        parts.append(f"delete {named}{more} and make them anew, as Force says: what they hold would be lost")
    if not parts:
        return None
    return Hold(
        HoldKind.DELETION_GUARD,
        f"it would {'; and '.join(parts)}",
        f"a person types `holdfast app confirm-deletion {app}`",
    )


def _reasons(deleted: Collection[ObjectKey], total: int, chosen: Limits) -> list[str]:
    count = len(deleted)
    reasons = [f"{key.kind} {key.name} would be lost" for key in sorted(deleted) if key.group_kind in KEPT_KINDS]
    if len(reasons) > MOST_NAMED:
        reasons = [*reasons[:MOST_NAMED], f"{len(reasons) - MOST_NAMED} more like these"]
    if chosen.deletions is not None and count > chosen.deletions:
        reasons.append(f"{MAX_DELETIONS} is {chosen.deletions}")
    if chosen.percent is not None and count >= chosen.least and count * 100 > chosen.percent * max(total, count):
        reasons.append(f"{MAX_PERCENT} is {chosen.percent}")
    return reasons


def _kinds(deleted: Collection[ObjectKey]) -> str:
    counts = Counter(key.kind for key in deleted)
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()))
