"""Whether a freeze stops a sync."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from holdfast.model.freeze import Freeze
from holdfast.model.gate import Hold, HoldKind
from holdfast.model.keys import NamespacedName


class Standing(Struct, frozen=True):
    """A freeze, and its end as an instant: None when it stands until it is deleted."""

    freeze: Freeze
    until: datetime | None = None


def concerns(freeze: Freeze, app: NamespacedName, project: str) -> bool:
    spec = freeze.spec
    if spec.application and spec.application not in (app.name, str(app)):
        return False
    return not spec.project or spec.project == project


def in_force(standing: Iterable[Standing], app: NamespacedName, project: str, now: datetime) -> list[Standing]:
    return [
        one
        for one in standing
        if concerns(one.freeze, app, project)
        and not one.freeze.metadata.deletion_timestamp
        and (one.until is None or now < one.until)
    ]


def hold(stopping: Sequence[Standing], now: datetime) -> Hold | None:
    """It opens when the last one of them has ended."""
    if not stopping:
        return None
    ends = [one.until for one in stopping]
    after: timedelta | None = None
    if all(end is not None for end in ends):
        after = max(end - now for end in ends if end is not None)
    names = " ".join(one.freeze.metadata.name for one in stopping)
    when = "at its end, or " if after is not None else ""
    return Hold(
        HoldKind.FREEZE,
        "frozen: " + "; ".join(_told(one.freeze) for one in stopping),
        f"it opens {when}with `holdfast unfreeze {names}`; a person passes with `holdfast app sync --break-freeze REASON`",
        after,
        refuses=True,
    )


def scope(freeze: Freeze) -> str:
    """`all applications`, `project shop`, `application web`, `application web of project shop`."""
    parts = []
    if freeze.spec.application:
        parts.append(f"application {freeze.spec.application}")
    if freeze.spec.project:
        parts.append(f"project {freeze.spec.project}")
    return " of ".join(parts) or "all applications"


def _told(freeze: Freeze) -> str:
    until = f" until {freeze.spec.until}" if freeze.spec.until else ""
    return f"{freeze.metadata.name} stops {scope(freeze)}{until}: {freeze.spec.reason or 'no reason given'}"
