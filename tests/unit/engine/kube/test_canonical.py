"""Small operations on JSON values."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube import canonical


def test_the_hash_does_not_depend_on_the_order_of_keys() -> None:
    assert canonical.content_hash({"a": 1, "b": [2]}) == canonical.content_hash({"b": [2], "a": 1})
    assert canonical.content_hash({"a": 1}) != canonical.content_hash({"a": "1"})


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (1, 1.0, True),
        (1, True, False),
        ([0], [False], False),
        ({"a": [1]}, {"a": [1]}, True),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ({}, [], False),
        (None, None, True),
        ([1, 2], [2, 1], False),
    ],
)
def test_equality_of_json_values(left: Any, right: Any, same: bool) -> None:
    assert canonical.equal(left, right) is same


def test_without_shares_what_it_does_not_touch() -> None:
    obj: dict[str, Any] = {"metadata": {"name": "x", "managedFields": []}, "spec": {"a": 1}}
    reduced = canonical.without(obj, ("metadata", "managedFields"), ("status",), ("spec", "b"))
    assert reduced == {"metadata": {"name": "x"}, "spec": {"a": 1}}
    assert reduced["spec"] is obj["spec"]
    assert canonical.without(obj, ("status",)) is obj
    assert "managedFields" in obj["metadata"]


def test_paths_are_read_and_written() -> None:
    obj: dict[str, Any] = {"a": {"b": [{"c": 1}]}, "s": "text"}
    assert canonical.get_path(obj, "a", "b", 0, "c") == 1
    assert canonical.get_path(obj, "a", "b", 1) is None
    assert canonical.get_path(obj, "s", "x") is None
    assert canonical.with_path(obj, 2, "s", "x") == {"a": {"b": [{"c": 1}]}, "s": {"x": 2}}
    assert obj["s"] == "text"
