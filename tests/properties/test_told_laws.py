"""The record of what an object was told: nothing twice, and never larger than it may be."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.notify import record

NAMES = st.text(min_size=1, max_size=40)
RECORDS = st.dictionaries(NAMES, st.integers(0, 2**40), max_size=150)


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 2**33)), max_size=400))
def test_nothing_is_told_twice_while_fewer_others_were_told_than_are_kept(told: list[tuple[int, int]]) -> None:
    known: dict[str, int] = {}
    last: dict[str, int] = {}
    for number, (name, at) in enumerate(told):
        key = f"{name}:on-x:[0].hash:slack:releases"
        others = len({other for other, when in last.items() if when > last.get(key, number)})
        if key in last and others < record.MOST - 1:
            assert key in record.read(record.written(known))
        known = record.with_told(known, key, at)
        last[key] = number


@given(RECORDS, NAMES, st.integers(0, 2**40))
def test_what_was_just_told_is_kept_and_the_size_is_bounded(known: dict[str, int], name: str, at: int) -> None:
    after = record.with_told(known, name, at)

    assert name in after
    assert len(after) <= record.MOST
    assert record.read(record.written(after)) == after


@given(st.integers(1, 120), st.integers(0, 40_000))
def test_long_names_do_not_make_it_grow(count: int, length: int) -> None:
    known: dict[str, int] = {}
    for number in range(count):
        known = record.with_told(known, f"{number}{'ä' * length}", number)
    assert f"{count - 1}{'ä' * length}" in known
    assert len(record.written(known).encode()) <= record.MOST_BYTES or len(known) == 1


@given(RECORDS, NAMES)
def test_what_was_taken_out_was_never_told(known: dict[str, int], name: str) -> None:
    assert name not in record.without(known, name)
    assert record.without(known, name) == {other: at for other, at in known.items() if other != name}


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_any_annotation_is_read(text: str) -> None:
    assert all(isinstance(at, int) for at in record.read(text).values())
