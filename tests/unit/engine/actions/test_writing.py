"""What of an object is written after an action."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.actions.writing import Change, change

SEEN = {"metadata": {"resourceVersion": "7"}}
LIVE: dict[str, Any] = {"metadata": {"name": "front", "resourceVersion": "7"}, "spec": {"a": 1}, "status": {"b": 1}}


@pytest.mark.parametrize(
    ("wanted", "subresources", "expected"),
    [
        (LIVE, {"status"}, Change()),
        ({**LIVE, "spec": {"a": 2}}, {"status"}, Change({"spec": {"a": 2}, **SEEN})),
        ({**LIVE, "spec": {}}, {"status"}, Change({"spec": {"a": None}, **SEEN})),
        ({**LIVE, "status": {"b": 2}}, {"status"}, Change(status={**SEEN, "status": {"b": 2}})),
        (
            {**LIVE, "spec": {"a": 2}, "status": {"b": 2}},
            {"status"},
            Change({"spec": {"a": 2}, **SEEN}, {"status": {"b": 2}}),
        ),
        ({**LIVE, "status": {"b": 2}}, {"scale"}, Change({"status": {"b": 2}, **SEEN})),
    ],
    ids=["nothing", "a field", "a field less", "the status alone", "both", "no such subresource"],
)
def test_only_what_changed_is_written_and_only_over_what_was_seen(
    wanted: dict[str, Any], subresources: set[str], expected: Change
) -> None:
    assert change(LIVE, wanted, subresources) == expected
