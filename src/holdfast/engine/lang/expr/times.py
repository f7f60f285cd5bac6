"""Times and durations in expressions, with Go's layouts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from holdfast.engine.lang.expr.errors import ExpressionError

LAYOUTS = ("2006-01-02", "15:04:05", "2006-01-02 15:04:05")

# Longest first, so that "2006" is not read as "2" and "006".
_PARTS = (
    ("January", "%B"), ("Monday", "%A"), ("2006", "%Y"), (".000000", ".%f"), (".000", ".%f"), ("Z07:00", "%z"),
    ("-0700", "%z"), ("-07:00", "%z"), ("Jan", "%b"), ("Mon", "%a"), ("MST", "%Z"), ("01", "%m"), ("02", "%d"),
    ("15", "%H"), ("03", "%I"), ("04", "%M"), ("05", "%S"), ("06", "%y"), ("PM", "%p"),
)  # fmt: skip


def parse(text: str, layout: str = "", zone: str = "UTC") -> datetime:
    """By Go's layout, or as RFC 3339 or one of the plain forms. Raises ExpressionError."""
    where = _zone(zone)
    if layout:
        return _aware(_by_layout(text, layout), where)
    try:
        return _aware(datetime.fromisoformat(text), where)
    except ValueError:
        for known in LAYOUTS:
            try:
                return _aware(_by_layout(text, known), where)
            except ExpressionError:
                continue
    raise ExpressionError(f"{text!r} is no time")


def _by_layout(text: str, layout: str) -> datetime:
    try:
        return datetime.strptime(text, directives(layout))  # noqa: DTZ007 - the zone is added by the caller
    except ValueError as error:
        raise ExpressionError(f"{text!r} is no time in the layout {layout!r}") from error


def directives(layout: str) -> str:
    """Go's layout in the words of strptime."""
    found = ""
    while layout:
        for part, directive in _PARTS:
            if layout.startswith(part):
                found, layout = found + directive, layout[len(part) :]
                break
        else:
            found, layout = found + layout[0].replace("%", "%%"), layout[1:]
    return found


def _aware(time: datetime, zone: tzinfo) -> datetime:
    return time if time.tzinfo is not None else time.replace(tzinfo=zone)


def _zone(name: str) -> tzinfo:
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise ExpressionError(f"there is no time zone {name!r}") from error


METHODS: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("time", "Unix"): lambda time: int(time.timestamp()),
    ("time", "UnixMilli"): lambda time: int(time.timestamp() * 1000),
    ("time", "Year"): lambda time: time.year,
    ("time", "Month"): lambda time: time.month,
    ("time", "Day"): lambda time: time.day,
    ("time", "Hour"): lambda time: time.hour,
    ("time", "Minute"): lambda time: time.minute,
    ("time", "Second"): lambda time: time.second,
    ("time", "Weekday"): lambda time: time.isoweekday() % 7,
    ("time", "YearDay"): lambda time: time.timetuple().tm_yday,
    ("time", "Sub"): lambda time, other: time - other,
    ("time", "Add"): lambda time, duration: time + duration,
    ("time", "After"): lambda time, other: time > other,
    ("time", "Before"): lambda time, other: time < other,
    ("time", "UTC"): lambda time: time.astimezone(UTC),
    ("duration", "Seconds"): timedelta.total_seconds,
    ("duration", "Minutes"): lambda duration: duration.total_seconds() / 60,
    ("duration", "Hours"): lambda duration: duration.total_seconds() / 3600,
    ("duration", "Milliseconds"): lambda duration: int(duration.total_seconds() * 1000),
}
