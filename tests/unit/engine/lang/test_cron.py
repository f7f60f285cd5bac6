"""Schedules of cron: when they are due next, and when they were due last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang import cron

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "expected"),
    [
        ("* * * * *", "", "2026-01-01T12:01:00+00:00"),
        ("*/15 * * * *", "", "2026-01-01T12:15:00+00:00"),
        ("5/20 * * * *", "", "2026-01-01T12:05:00+00:00"),
        ("0 3 * * *", "", "2026-01-02T03:00:00+00:00"),
        ("0 3 * * *", "Europe/Berlin", "2026-01-02T02:00:00+00:00"),
        ("30 2 29 2 *", "", "2028-02-29T02:30:00+00:00"),
        ("0 0 1,15 * *", "", "2026-01-15T00:00:00+00:00"),
        ("0 9-17/4 * jan-mar mon-fri", "", "2026-01-01T13:00:00+00:00"),
        ("0 0 13 * fri", "", "2026-01-02T00:00:00+00:00"),
        ("0 0 * * 7", "", "2026-01-04T00:00:00+00:00"),
        ("@weekly", "", "2026-01-04T00:00:00+00:00"),
        ("@hourly", "", "2026-01-01T13:00:00+00:00"),
        ("0 0 31 2 *", "", "None"),
    ],
)
def test_a_schedule_is_next_due(schedule: str, zone: str, expected: str) -> None:
    found = cron.parse(schedule, zone).next_after(NOW)
    assert (found.isoformat() if found else "None") == expected


@pytest.mark.parametrize("schedule", ["", "* * * *", "60 * * * *", "a * * * *", "*/0 * * * *", "5-1 * * * *"])
def test_a_schedule_that_makes_no_sense_is_refused(schedule: str) -> None:
    with pytest.raises(ValueError):
        cron.parse(schedule)


@given(
    st.sampled_from(["*/7 * * * *", "3 4 * * 1-5", "0 0 1 * *", "15,45 */6 * * *"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_no_time_between_is_passed_over(schedule: str, moment: datetime) -> None:
    parsed = cron.parse(schedule)
    first = parsed.next_after(moment)
    assert first is not None
    assert first > moment
    assert parsed.next_after(first - timedelta(seconds=1)) == first
    assert parsed.last_until(first, moment) == first
    assert parsed.last_until(first + timedelta(seconds=59), moment) == first
    before = parsed.last_until(moment, datetime(2019, 1, 1, tzinfo=UTC))
    assert before is not None
    assert before <= moment
    assert parsed.next_after(before) == first
