"""When the sync windows of a project let a sync through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.access import sync_windows
from holdfast.engine.access.sync_windows import Place
from holdfast.model.appproject import SyncWindow

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)
AT_NOON = {"schedule": "0 12 * * *", "duration": "1h"}
AT_TEN = {"schedule": "0 10 * * *", "duration": "1h"}


def window(kind: str, **fields: Any) -> SyncWindow:
    return msgspec.convert({"kind": kind, "applications": ["*"], **fields}, SyncWindow)


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-07-{text}+00:00")


@pytest.mark.parametrize(
    ("windows", "manual", "allowed", "opens"),
    [
        ([], False, True, ""),
        ([window("allow", **AT_NOON)], False, True, ""),
        ([window("allow", **AT_TEN)], False, False, "02T10:00"),
        ([window("allow", **AT_TEN)], True, False, "02T10:00"),
        ([window("allow", **AT_TEN, manualSync=True)], True, True, ""),
        ([window("allow", **AT_TEN, manualSync=True)], False, False, "02T10:00"),
        ([window("allow", **AT_TEN), window("allow", **AT_NOON)], False, True, ""),
        ([window("deny", **AT_TEN)], False, True, ""),
        ([window("deny", **AT_NOON)], False, False, "01T13:00"),
        ([window("deny", **AT_NOON, manualSync=True)], True, True, ""),
        ([window("deny", **AT_NOON, manualSync=True), window("deny", **AT_NOON)], True, False, "01T13:00"),
        # A denial goes before any allowance, and the next allowance is waited for.
        (
            [window("deny", **AT_NOON), window("allow", **AT_NOON), window("allow", **AT_TEN)],
            False,
            False,
            "02T10:00",
        ),
    ],
)
def test_a_sync_may_begin(windows: list[SyncWindow], manual: bool, allowed: bool, opens: str) -> None:
    verdict = sync_windows.judge(tuple(windows), NOON, manual=manual)
    assert verdict.allowed is allowed
    assert verdict.opens == (at(opens) if opens else None)
    assert bool(verdict.because) is not allowed


def test_the_start_belongs_to_a_window_and_its_end_does_not() -> None:
    deny = (window("deny", **AT_NOON),)
    moments = ["01T11:59:59", "01T12:00:00", "01T12:59:59", "01T13:00:00"]
    assert [sync_windows.judge(deny, at(moment)).allowed for moment in moments] == [True, False, False, True]


def test_the_time_zone_counts() -> None:
    berlin = (window("allow", **AT_NOON, timeZone="Europe/Berlin"),)
    assert sync_windows.judge(berlin, at("01T10:30")).allowed
    assert not sync_windows.judge(berlin, NOON).allowed


def test_a_denial_without_an_end_has_no_opening_in_sight() -> None:
    verdict = sync_windows.judge((window("deny", schedule="* * * * *", duration="24h"),), NOON)
    assert (verdict.allowed, verdict.opens) == (False, None)


@pytest.mark.parametrize(
    ("kind", "overrun", "started", "allowed"),
    [
        ("deny", False, "01T11:59", False),
        ("deny", True, "01T11:59", True),
        ("deny", True, "01T12:00", False),
        ("allow", True, "01T10:30", True),
        ("allow", False, "01T10:30", False),
        ("allow", True, "01T09:30", False),
    ],
)
def test_a_sync_that_began_in_time_may_overrun(kind: str, overrun: bool, started: str, allowed: bool) -> None:
    hours = AT_NOON if kind == "deny" else AT_TEN
    windows = (window(kind, **hours, syncOverrun=overrun),)
    assert sync_windows.judge(windows, NOON, started=at(started)).allowed is allowed


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "maybe", "schedule": "* * * * *", "duration": "1h"}, "neither allow nor deny"),
        ({"kind": "deny", "schedule": "* * *", "duration": "1h"}, "3 fields"),
        ({"kind": "deny", "schedule": "* * * * *", "duration": "soon"}, "no duration"),
        ({"kind": "allow", "schedule": "* * * * *", "duration": "1h", "timeZone": "Mars/Base"}, "time zone"),
    ],
)
def test_a_window_that_cannot_be_read_forbids_and_says_so(fields: dict[str, str], message: str) -> None:
    kind = fields.pop("kind")
    verdict = sync_windows.judge((window(kind, **fields),), NOON, manual=True)
    assert not verdict.allowed
    assert message in verdict.because
    assert verdict.opens is None


@pytest.mark.parametrize(
    ("fields", "matches"),
    [
        ({}, False),
        ({"applications": ["we*"]}, True),
        ({"namespaces": ["shop"]}, True),
        ({"clusters": ["in-*"]}, True),
        ({"clusters": ["https://a"]}, True),
        ({"applications": ["other"], "namespaces": ["shop"]}, True),
        ({"applications": ["other"], "namespaces": ["shop"], "andOperator": True}, False),
        ({"applications": ["web"], "namespaces": ["shop"], "andOperator": True}, True),
    ],
)
def test_a_window_speaks_of_what_it_names(fields: dict[str, Any], matches: bool) -> None:
    found = msgspec.convert({"kind": "deny", **AT_NOON, **fields}, SyncWindow)
    place = Place("web", "shop", "https://a", "in-cluster")
    assert bool(sync_windows.matching([found], place)) is matches
