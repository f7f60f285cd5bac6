"""Lengths of time, as Go writes them and as kubectl shows an age."""

from __future__ import annotations

from datetime import timedelta

import pytest

from holdfast.engine.lang import durations


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1h30m", 5400),
        ("1.5h", 5400),
        ("250ms", 0.25),
        ("5", None),
        ("5 m", None),
        ("", None),
        ("m5", None),
    ],
)
def test_what_go_writes_is_read_and_nothing_else(text: str, seconds: float | None) -> None:
    assert durations.parse(text) == (None if seconds is None else timedelta(seconds=seconds))


def test_no_length_is_beyond_a_century() -> None:
    assert durations.parse("99999999999h") == durations.of_seconds(10**15) == durations.LONGEST


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=-5), "<invalid>"),
        (timedelta(seconds=-1), "0s"),
        (timedelta(seconds=119), "119s"),
        (timedelta(seconds=120), "2m"),
        (timedelta(minutes=3, seconds=20), "3m20s"),
        (timedelta(minutes=179), "179m"),
        (timedelta(hours=3, minutes=5), "3h5m"),
        (timedelta(hours=47), "47h"),
        (timedelta(days=2, hours=5), "2d5h"),
        (timedelta(days=729), "729d"),
        (timedelta(days=3 * 365 + 10), "3y10d"),
        (timedelta(days=9 * 365), "9y"),
    ],
)
def test_an_age_has_two_units_at_most(length: timedelta, shown: str) -> None:
    assert durations.brief(length) == shown
