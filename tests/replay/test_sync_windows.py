"""Sync windows as Argo CD's own tests say (06-sync-windows)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.access import sync_windows
from holdfast.model.appproject import SyncWindow
from tests.replay.cases import Case, load

CASES = load("06-sync-windows.jsonl")
NOW = datetime(2026, 7, 1, 12, 30, 30, tzinfo=UTC)


def _windows(case: Case) -> tuple[SyncWindow, ...]:
    return msgspec.convert(case["recv"], tuple[SyncWindow, ...])


def _matches(case: Case) -> Any:
    [app] = case["args"]
    destination = app["spec"]["destination"]
    place = sync_windows.Place(
        app["metadata"]["name"], destination["namespace"], destination["server"], destination["name"]
    )
    return sync_windows.matching(_windows(case), place)


ANSWERS: dict[str, Callable[[Case], Any]] = {
    "Matches": _matches,
    "Active": lambda case: sync_windows.active(_windows(case), NOW),
    "InactiveAllows": lambda case: sync_windows.inactive_allows(_windows(case), NOW),
}


RUN = [case for case in CASES if case["fn"] in ANSWERS]


@pytest.mark.parametrize("case", RUN, ids=lambda case: case["id"])
def test_windows_are_found_as_argo_cd_finds_them(case: Case) -> None:
    answer = ANSWERS[case["fn"]](case)
    for expectation in case["expect"]:
        match expectation["op"]:
            case "Len":
                assert len(answer) == expectation["value"]
            case "Nil":
                assert answer == ()
            case "NoError":
                pass
            case other:
                pytest.fail(f"unknown expectation {other}")
