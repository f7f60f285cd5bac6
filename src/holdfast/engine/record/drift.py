"""Keeps the list of what drifted: what is new, what came back, what is healed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from holdfast.engine.kube import canonical
from holdfast.model.comparison import Difference
from holdfast.model.desired import ObjectState
from holdfast.model.keys import ObjectKey
from holdfast.model.names import SyncCode
from holdfast.model.sync_record import Drift

MOST_ENTRIES = 50
LONGEST_TEXT = 256

Place: TypeAlias = tuple[str, str, str, str, str]


class Noted(Struct, frozen=True):
    """The whole list, and the mark of what is open in it ("" when nothing is)."""

    entries: tuple[Drift, ...]
    mark: str


def seen(states: Iterable[ObjectState]) -> tuple[Drift, ...]:
    """The drift in a comparison with what was synced; objects that only wait to be pruned are none."""
    found: list[Drift] = []
    for state in sorted(states, key=lambda state: state.key):
        comparison = state.comparison
        if state.hook or state.requires_pruning or not state.counts or state.target is None or comparison is None:
            continue
        if comparison.status is SyncCode.SYNCED:
            continue
        fields = comparison.differences or (Difference(""),)
        found += [_entry(state.key, difference) for difference in fields]
    return tuple(found[:MOST_ENTRIES])


def mark_of(entries: Iterable[Drift]) -> str:
    """The same for the same fields, whatever their values: a value that keeps moving is noted once."""
    places = sorted({place_of(entry) for entry in entries if not entry.healed_at})
    return canonical.content_hash(places)[:16] if places else ""


def noted(entries: Sequence[Drift], seen_now: Iterable[Drift], now: str) -> Noted:
    """The list after a look at `now` that saw exactly this."""
    current = {place_of(entry): entry for entry in seen_now}
    after: list[Drift] = []
    for entry in entries:
        place = place_of(entry)
        if not entry.healed_at:
            still = current.pop(place, None)
            after.append(entry if still is not None else msgspec.structs.replace(entry, healed_at=now))
        elif place in current and _is_same(entry, current[place]):
            fresh = current.pop(place)
            again = {"healed_at": None, "last_seen": now, "times": entry.times + 1, "manager": fresh.manager}
            after.append(msgspec.structs.replace(entry, **again))
        else:
            after.append(entry)
    after += [msgspec.structs.replace(entry, first_seen=now, last_seen=now) for entry in current.values()]
    kept = _bounded(after)
    return Noted(kept, mark_of(kept))


def place_of(entry: Drift) -> Place:
    return entry.group, entry.kind, entry.namespace, entry.name, entry.field


def _is_same(entry: Drift, other: Drift) -> bool:
    return (entry.before, entry.after) == (other.before, other.after)


def _bounded(entries: list[Drift]) -> tuple[Drift, ...]:
    """The oldest healed ones make room, then the oldest."""
    too_many = len(entries) - MOST_ENTRIES
    if too_many <= 0:
        return tuple(entries)
    by_worth = sorted(range(len(entries)), key=lambda at: (not entries[at].healed_at, entries[at].last_seen or "", at))
    gone = set(by_worth[:too_many])
    return tuple(entry for at, entry in enumerate(entries) if at not in gone)


def _entry(key: ObjectKey, difference: Difference) -> Drift:
    """A difference says what a sync would change; drift says what was changed since: the other way round."""
    return Drift(
        group=key.group,
        kind=key.kind,
        namespace=key.namespace,
        name=key.name,
        field=difference.path[:LONGEST_TEXT],
        before=_text(difference.after),
        after=_text(difference.before),
        manager=difference.manager[:LONGEST_TEXT],
    )


def _text(value: Any) -> str:
    if value is None:
        return ""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"
