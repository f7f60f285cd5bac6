"""Reads schedules of cron and says when they are due next, and when they were due last.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct

MACROS = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
DAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}

# 29 February on a given weekday comes back within 28 years, but for the turn of a century.
HORIZON_DAYS = 366 * 40


class Schedule(Struct, frozen=True):
    """The minutes, hours, days of the month, months and days of the week (0 is Sunday) that fit."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    zone: str = "UTC"

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time that fits after `moment`, in UTC; None when none ever does."""
        zone = ZoneInfo(self.zone)
        local = moment.astimezone(zone).replace(second=0, microsecond=0, tzinfo=None) + timedelta(minutes=1)
        day = local.replace(hour=0, minute=0)
        for _ in range(HORIZON_DAYS):
            if self._fits(day):
                for hour in sorted(self.hours):
                    for minute in sorted(self.minutes):
                        candidate = day.replace(hour=hour, minute=minute)
                        if candidate < local:
                            continue
                        found = candidate.replace(tzinfo=zone).astimezone(UTC)
                        if found > moment:
                            return found
            day += timedelta(days=1)
        return None

    def last_until(self, moment: datetime, earliest: datetime) -> datetime | None:
        """The last time that fits at or before `moment`, in UTC; None when none since `earliest` does."""
        zone = ZoneInfo(self.zone)
        local = moment.astimezone(zone).replace(tzinfo=None)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0)
        last_day = earliest.astimezone(zone).replace(tzinfo=None) - timedelta(days=1)
        while day >= last_day:
            if self._fits(day):
                for hour in sorted(self.hours, reverse=True):
                    for minute in sorted(self.minutes, reverse=True):
                        candidate = day.replace(hour=hour, minute=minute)
                        if candidate > local:
                            continue
                        found = candidate.replace(tzinfo=zone).astimezone(UTC)
                        if found <= moment:
                            return found if found >= earliest else None
            day -= timedelta(days=1)
        return None

    def _fits(self, day: datetime) -> bool:
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return of_month or of_week if self.either_day else of_month and of_week


def parse(text: str, zone: str = "") -> Schedule:
    """Raises ValueError that says what is wrong."""
    words = MACROS.get(text.strip().lower(), text).split()
    if len(words) != 5:
        raise ValueError(f"schedule {text!r} has {len(words)} fields, not 5")
    try:
        ZoneInfo(zone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"unknown time zone {zone!r}") from None
    minutes, hours, days, months, weekdays = words
    # With both days restricted, cron takes a day that fits either.
    either = not (_is_open(days) or _is_open(weekdays))
    return Schedule(
        minutes=_numbers(minutes, 0, 59, {}),
        hours=_numbers(hours, 0, 23, {}),
        days=_numbers(days, 1, 31, {}),
        months=_numbers(months, 1, 12, MONTHS),
        weekdays=frozenset(number % 7 for number in _numbers(weekdays, 0, 7, DAYS)),
        either_day=either,
        zone=zone or "UTC",
    )


def _is_open(field: str) -> bool:
    return field.startswith(("*", "?"))


def _numbers(field: str, low: int, high: int, names: dict[str, int]) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step_text = part.partition("/")
        if step_text and (not step_text.isdecimal() or int(step_text) == 0):
            raise ValueError(f"{part!r} has no step above 0")
        step = int(step_text) if step_text else 1
        if span in ("*", "?"):
            first, last = low, high
        else:
            start, dash, end = span.partition("-")
            first = _number(start, names)
            last = _number(end, names) if dash else high if step_text else first
        if not low <= first <= last <= high:
            raise ValueError(f"{part!r} is not within {low}-{high}")
        found.update(range(first, last + 1, step))
    return frozenset(found)


def _number(text: str, names: dict[str, int]) -> int:
    if text.lower() in names:
        return names[text.lower()]
    if not text.isdecimal():
        raise ValueError(f"{text!r} is not a number")
    return int(text)
