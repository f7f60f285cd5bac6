"""Objects offer the actions that Argo CD offers for them, and the actions change what they change there."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from holdfast.engine.actions.catalogue import offers, perform
from holdfast.model.actions import Operation
from holdfast.model.errors import Blocked
from tests.replay.cases import Case, load

DISCOVERY = load("01-discovery.jsonl")
ACTIONS = load("01-actions.jsonl")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_NO_TIME = "0001-01-01T00:00:00"


def _id(case: Case) -> str:
    return str(case["id"])


def _without_nulls(value: Any) -> Any:
    """A null of the recording is a field that is not there."""
    if isinstance(value, dict):
        return {name: _without_nulls(item) for name, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _with_equal_times(value: Any, present: Any) -> Any:
    """The times that the action wrote become the recording's; those that were there stay."""
    if isinstance(value, dict):
        old = present if isinstance(present, dict) else {}
        return {name: _with_equal_times(item, old.get(name)) for name, item in value.items()}
    if isinstance(value, list):
        old_items = present if isinstance(present, list) else []
        padded = [*old_items, *[None] * len(value)]
        return [_with_equal_times(item, padded[number]) for number, item in enumerate(value)]
    return _TIME.sub(_NO_TIME, value) if isinstance(value, str) and value != present else value


def _recorded(wanted: Any, given: Any) -> Any:
    """The recording shortens annotations that an action leaves alone."""
    annotations, metadata = given["metadata"].get("annotations"), wanted["metadata"]
    if annotations and "annotations" not in metadata and "force-promote" in str(metadata.get("labels")):
        return {**wanted, "metadata": {**metadata, "annotations": annotations}}
    return wanted


def _plain(action: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that say the default. Parameters count by their names."""
    fields = {name: value for name, value in action.items() if value and name != "params"}
    return {**fields, "params": [param["name"] for param in action.get("params", ())]}


@pytest.mark.parametrize("case", DISCOVERY, ids=_id)
def test_actions_that_are_offered(case: Case) -> None:
    found = [_plain(msgspec.to_builtins(action)) for action in offers(case["input"])]
    wanted = [_plain(action) for action in case["expected"]]
    assert {action["name"]: action for action in found} == {action["name"]: action for action in wanted}
    assert len(found) == len(wanted)


DONE = [case for case in ACTIONS if "error" not in case["expected"]]
REFUSED = [case for case in ACTIONS if "error" in case["expected"]]
RUN = [*DISCOVERY, *DONE, *REFUSED]


@pytest.mark.parametrize("case", DONE, ids=_id)
def test_what_an_action_changes(case: Case) -> None:
    given = case["input"]
    impacts = perform(given, case["action"], case["parameters"], NOW)
    assert impacts is not None
    assert {impact.operation for impact in impacts} == {Operation.PATCH}
    changed = [_with_equal_times(impact.resource, given) for impact in impacts]
    assert changed == [_recorded(_without_nulls(wanted), given) for wanted in case["expected"]["objects"]]


@pytest.mark.parametrize("case", REFUSED, ids=_id)
def test_what_an_action_refuses(case: Case) -> None:
    with pytest.raises(Blocked) as caught:
        perform(case["input"], case["action"], case["parameters"], NOW)
    assert caught.value.message == case["expected"]["error"]
