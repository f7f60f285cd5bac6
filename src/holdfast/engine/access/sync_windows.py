"""Sync windows of an AppProject: when its applications may be synced.

Source: https://argo-cd.readthedocs.io/en/stable/user-guide/sync_windows/
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

from msgspec import Struct

from holdfast.engine.lang import cron, durations, globs
from holdfast.model.appproject import SyncWindow

ALLOW = "allow"
DENY = "deny"
MOST_BOUNDARIES = 500
"""As many starts and ends are looked at for the time when a sync becomes possible."""


class Place(Struct, frozen=True):
    """What a window can name: the application, and where it goes."""

    application: str
    namespace: str = ""
    server: str = ""
    cluster_name: str = ""


class Verdict(Struct, frozen=True):
    """`because` names the windows that forbid; `opens` is when they will not any more, None when that is not in sight."""

    allowed: bool
    because: str = ""
    opens: datetime | None = None


class _Blocked(Struct, frozen=True):
    windows: tuple[SyncWindow, ...]
    because: str


def judge(
    windows: tuple[SyncWindow, ...], now: datetime, *, manual: bool = False, started: datetime | None = None
) -> Verdict:
    """Whether a sync may begin; with `started`, whether one that began then may go on."""
    blocked = _blocked(windows, now, manual=manual)
    if blocked is None:
        return Verdict(True)
    overruns = bool(blocked.windows) and all(window.sync_overrun for window in blocked.windows)
    if started is not None and overruns and _blocked(windows, started, manual=manual) is None:
        return Verdict(True)
    return Verdict(False, blocked.because, _opens(windows, now, manual=manual))


def matching(windows: Iterable[SyncWindow], place: Place) -> tuple[SyncWindow, ...]:
    """The windows that speak of this application; one that names nothing speaks of none."""
    return tuple(window for window in windows if _matches(window, place))


def _matches(window: SyncWindow, place: Place) -> bool:
    answers = [
        any(globs.matches(pattern, value) for pattern in patterns for value in values)
        for patterns, values in (
            (window.applications, (place.application,)),
            (window.namespaces, (place.namespace,)),
            (window.clusters, tuple(filter(None, (place.server, place.cluster_name)))),
        )
        if patterns
    ]
    return bool(answers) and (all(answers) if window.and_operator else any(answers))


def active(windows: Iterable[SyncWindow], now: datetime) -> tuple[SyncWindow, ...]:
    """Raises ValueError for a window that cannot be read."""
    return tuple(window for window in windows if _end(window, now) is not None)


def inactive_allows(windows: Iterable[SyncWindow], now: datetime) -> tuple[SyncWindow, ...]:
    return tuple(window for window in windows if window.kind == ALLOW and _end(window, now) is None)


def problem(window: SyncWindow) -> str:
    """Why the window cannot be read, "" when it can."""
    try:
        _read(window.kind, window.schedule, window.duration, window.time_zone)
    except ValueError as error:
        return str(error)
    return ""


def _blocked(windows: tuple[SyncWindow, ...], now: datetime, *, manual: bool) -> _Blocked | None:
    """None when a sync may begin. What cannot be read forbids: nobody knows what it was to protect."""
    for window in windows:
        unreadable = problem(window)
        if unreadable:
            return _Blocked((), f"a sync window cannot be read: {unreadable}")
    open_now = active(windows, now)
    denies = tuple(window for window in open_now if window.kind == DENY)
    if denies:
        if manual and all(window.manual_sync for window in denies):
            return None
        return _Blocked(denies, f"{_named(denies)} is active")
    if any(window.kind == ALLOW for window in open_now):
        return None
    closed = inactive_allows(windows, now)
    if not closed or (manual and all(window.manual_sync for window in closed)):
        return None
    return _Blocked(closed, f"outside {_named(closed)}")


def _opens(windows: tuple[SyncWindow, ...], now: datetime, *, manual: bool) -> datetime | None:
    if any(problem(window) for window in windows):
        return None
    changing = [window for window in windows if _boundaries(window, now)]
    moment = now
    for _ in range(MOST_BOUNDARIES):
        boundaries = [at for window in changing for at in _boundaries(window, moment)]
        if not boundaries:
            return None
        moment = min(boundaries)
        if _blocked(windows, moment, manual=manual) is None:
            return moment
    return None


def _boundaries(window: SyncWindow, moment: datetime) -> tuple[datetime, ...]:
    """The next times at which the window may change."""
    schedule, _ = _read(window.kind, window.schedule, window.duration, window.time_zone)
    return tuple(at for at in (schedule.next_after(moment), _end(window, moment)) if at is not None)


def _end(window: SyncWindow, now: datetime) -> datetime | None:
    """When the window that is active now ends, None when it is not. Its start belongs to it, its end does not."""
    schedule, duration = _read(window.kind, window.schedule, window.duration, window.time_zone)
    start = schedule.last_until(now, now - duration)
    return start + duration if start is not None and start + duration > now else None


@lru_cache(maxsize=1000)
def _read(kind: str, schedule: str, duration: str, zone: str) -> tuple[cron.Schedule, timedelta]:
    if kind not in (ALLOW, DENY):
        raise ValueError(f"kind {kind!r} is neither allow nor deny")
    length = durations.parse(duration)
    if length is None:
        raise ValueError(f"duration {duration!r} is no duration such as 1h30m")
    return cron.parse(schedule, zone), length


def _named(windows: tuple[SyncWindow, ...]) -> str:
    first = windows[0]
    zone = f" {first.time_zone}" if first.time_zone else ""
    why = f" ({first.description})" if first.description else ""
    more = f" and {len(windows) - 1} more" if len(windows) > 1 else ""
    return f"{first.kind} window {first.schedule!r} for {first.duration}{zone}{why}{more}"
