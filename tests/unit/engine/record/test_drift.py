"""The list of what drifted."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.engine.record import drift
from holdfast.model.comparison import Comparison, Difference
from holdfast.model.desired import ObjectState, Target
from holdfast.model.keys import ObjectKey
from holdfast.model.names import SyncCode
from holdfast.model.sync_record import Drift

KEY = ObjectKey("apps", "Deployment", "shop", "web")
REPLICAS = Drift(group="apps", kind="Deployment", namespace="shop", name="web", field=".spec.replicas")
SEEN = msgspec.structs.replace(REPLICAS, before="2", after="7", manager="kubectl")


def state(*differences: Difference, **more: Any) -> ObjectState:
    return ObjectState(
        key=KEY,
        version="v1",
        target=Target({}, KEY),
        comparison=Comparison(SyncCode.OUT_OF_SYNC, differences),
        **more,
    )


def test_drift_is_told_from_what_was_synced_to_what_is_found() -> None:
    found = drift.seen([state(Difference(".spec.replicas", before=7, after=2, manager="kubectl"))])
    assert found == (SEEN,)


def test_a_deleted_object_drifted_as_a_whole() -> None:
    assert [one.field for one in drift.seen([state()])] == [""]


def test_what_only_waits_to_be_pruned_is_no_drift() -> None:
    assert drift.seen([state(requires_pruning=True), state(hook=True), state(counts=False)]) == ()


def test_values_are_cut_to_a_bound() -> None:
    (found,) = drift.seen([state(Difference(".data", before="x" * 10_000, after=None))])
    assert len(found.after) == drift.LONGEST_TEXT
    assert found.before == ""


def test_drift_is_noted_once_and_healed_when_it_is_gone() -> None:
    first = drift.noted((), [SEEN], "t1")
    assert first.entries == (msgspec.structs.replace(SEEN, first_seen="t1", last_seen="t1"),)
    assert first.mark == drift.mark_of([SEEN])
    assert drift.noted(first.entries, [SEEN], "t2") == first
    healed = drift.noted(first.entries, [], "t3")
    assert [one.healed_at for one in healed.entries] == ["t3"]
    assert healed.mark == ""


def test_the_same_drift_that_comes_back_is_counted() -> None:
    once = drift.noted(drift.noted((), [SEEN], "t1").entries, [], "t2")
    again = drift.noted(once.entries, [SEEN], "t3")
    (one,) = again.entries
    assert (one.first_seen, one.last_seen, one.healed_at, one.times) == ("t1", "t3", None, 2)


def test_another_value_in_the_same_field_is_another_drift() -> None:
    once = drift.noted(drift.noted((), [SEEN], "t1").entries, [], "t2")
    other = drift.noted(once.entries, [msgspec.structs.replace(SEEN, after="9")], "t3")
    assert [(one.after, one.healed_at) for one in other.entries] == [("7", "t2"), ("9", None)]


def test_one_of_two_fields_is_healed() -> None:
    image = msgspec.structs.replace(SEEN, field=".spec.image")
    both = drift.noted((), [SEEN, image], "t1")
    left = drift.noted(both.entries, [image], "t2")
    assert [(one.field, one.healed_at) for one in left.entries] == [(".spec.replicas", "t2"), (".spec.image", None)]
    assert left.mark == drift.mark_of([image])


def test_a_value_that_keeps_moving_has_the_same_mark() -> None:
    assert drift.mark_of([SEEN]) == drift.mark_of([msgspec.structs.replace(SEEN, after="8")])


def test_old_healed_drift_makes_room() -> None:
    many = [msgspec.structs.replace(SEEN, field=f".f{number}") for number in range(drift.MOST_ENTRIES)]
    full = drift.noted(drift.noted((), many, "t1").entries, many[1:], "t2")
    fuller = drift.noted(full.entries, [*many[1:], SEEN], "t3")
    assert len(fuller.entries) == drift.MOST_ENTRIES
    assert not any(one.healed_at for one in fuller.entries)
    assert fuller.mark == drift.mark_of([*many[1:], SEEN])
