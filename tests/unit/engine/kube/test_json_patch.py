"""JSON patch follows RFC 6902, and names the operation that cannot be done."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube import json_patch

CASES: list[tuple[str, Any, list[dict[str, Any]], Any]] = [
    ("add a member", {"a": 1}, [{"op": "add", "path": "/b", "value": 2}], {"a": 1, "b": 2}),
    ("add replaces a member", {"a": 1}, [{"op": "add", "path": "/a", "value": 2}], {"a": 2}),
    ("add into a list", [1, 3], [{"op": "add", "path": "/1", "value": 2}], [1, 2, 3]),
    ("add at the end", {"l": [1]}, [{"op": "add", "path": "/l/-", "value": 2}], {"l": [1, 2]}),
    ("add the whole", {"a": 1}, [{"op": "add", "path": "", "value": []}], []),
    ("remove", {"a": 1, "b": 2}, [{"op": "remove", "path": "/a"}], {"b": 2}),
    ("remove an item", [1, 2, 3], [{"op": "remove", "path": "/1"}], [1, 3]),
    ("replace", {"a": {"b": 1}}, [{"op": "replace", "path": "/a/b", "value": None}], {"a": {"b": None}}),
    ("replace an item", [1, 2], [{"op": "replace", "path": "/0", "value": 9}], [9, 2]),
    ("replace what is not there", {}, [{"op": "replace", "path": "/a", "value": 1}], {"a": 1}),
    ("add no value", {}, [{"op": "add", "path": "/a"}], {"a": None}),
    ("move", {"a": 1, "b": {}}, [{"op": "move", "from": "/a", "path": "/b/c"}], {"b": {"c": 1}}),
    ("move within a list", [1, 2, 3], [{"op": "move", "from": "/0", "path": "/2"}], [2, 3, 1]),
    ("copy", {"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
    ("test", {"a": {"b": [1.0]}}, [{"op": "test", "path": "/a", "value": {"b": [1]}}], {"a": {"b": [1]}}),
    ("escapes", {"a/b": 1, "m~n": 2}, [{"op": "remove", "path": "/a~1b"}, {"op": "remove", "path": "/m~0n"}], {}),
    ("an empty key", {"": 1}, [{"op": "remove", "path": "/"}], {}),
]


@pytest.mark.parametrize(("document", "operations", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_operations(document: Any, operations: list[dict[str, Any]], expected: Any) -> None:
    assert json_patch.apply(document, operations) == expected


REFUSED: list[tuple[Any, dict[str, Any], str]] = [
    ({}, {"op": "remove", "path": "/a"}, "there is no 'a'"),
    ({}, {"op": "add", "path": "/a/b", "value": 1}, "there is no 'a'"),
    ([1], {"op": "add", "path": "/2", "value": 1}, "out of bounds"),
    ([1], {"op": "remove", "path": "/1"}, "out of bounds"),
    ([1], {"op": "remove", "path": "/-"}, "no index"),
    ([1], {"op": "remove", "path": "/01"}, "no index"),
    ([1], {"op": "remove", "path": "/-1"}, "no index"),
    ([1], {"op": "remove", "path": "/" + "9" * 5000}, "out of bounds"),
    ({"a": 1}, {"op": "add", "path": "/a/b", "value": 1}, "neither an object nor a list"),
    ({"a": 1}, {"op": "test", "path": "/a", "value": True}, "the test failed"),
    ({"a": {}}, {"op": "move", "from": "/a", "path": "/a/b"}, "into itself"),
    ({}, {"op": "remove", "path": ""}, "whole document"),
    ({}, {"op": "add", "value": 1}, "no 'path'"),
    ({}, {"op": "add", "path": "a", "value": 1}, "does not start with '/'"),
    ({}, {"op": "frob", "path": "/a"}, "unknown operation"),
    ({}, {"op": "add", "path": "/a" * 300, "value": 1}, "more than 200 parts"),
]


@pytest.mark.parametrize(("document", "operation", "reason"), REFUSED)
def test_refusals_name_the_operation_and_the_reason(document: Any, operation: dict[str, Any], reason: str) -> None:
    fine = {"op": "test", "path": "", "value": document}
    with pytest.raises(json_patch.PatchError) as caught:
        json_patch.apply(document, [fine, operation])
    assert caught.value.index == 1
    assert caught.value.path == operation.get("path", "")
    assert reason in caught.value.reason


def test_the_document_is_left_as_it_is() -> None:
    document = {"a": {"b": [1, 2]}}
    json_patch.apply(document, [{"op": "add", "path": "/a/b/0", "value": 0}, {"op": "remove", "path": "/a/b/1"}])
    assert document == {"a": {"b": [1, 2]}}


def test_too_many_operations_are_refused() -> None:
    operations = [{"op": "test", "path": "", "value": {}}] * (json_patch.MAX_OPERATIONS + 1)
    with pytest.raises(json_patch.PatchError, match="10000 operations"):
        json_patch.apply({}, operations)


def test_copies_that_double_a_document_again_and_again_are_refused() -> None:
    operations = [{"op": "copy", "from": "", "path": f"/{index}"} for index in range(64)]
    with pytest.raises(json_patch.PatchError, match="copy operations add more than"):
        json_patch.apply({"a": "x" * 1000}, operations)


@pytest.mark.parametrize("patch", [{"op": "add"}, "add", ["add"], None])
def test_what_is_no_list_of_operations_is_refused(patch: Any) -> None:
    with pytest.raises(json_patch.PatchError):
        json_patch.apply({}, patch)
