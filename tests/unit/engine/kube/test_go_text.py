"""Values are printed as Go prints them with %v."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube import go_text

CASES: list[tuple[Any, str]] = [
    (None, "<nil>"),
    (True, "true"),
    (False, "false"),
    ("", ""),
    ("a b", "a b"),
    (-3, "-3"),
    (0.5, "0.5"),
    (-0.25, "-0.25"),
    (1e20, "100000000000000000000"),
    (1e21, "1e+21"),
    (1.5e300, "1.5e+300"),
    (0.0001, "0.0001"),
    (0.00001, "1e-05"),
    (12.0, "12"),
    ([], "[]"),
    (["a", 1, None], "[a 1 <nil>]"),
    ({}, "map[]"),
    ({"b": 1, "a": {"d": [True], "c": ""}}, "map[a:map[c: d:[true]] b:1]"),
    ({"ä": 1, "z": 2, "Z": 3}, "map[Z:3 z:2 ä:1]"),
]


@pytest.mark.parametrize(("value", "text"), CASES)
def test_a_value_is_printed_as_go_prints_it(value: Any, text: str) -> None:
    assert go_text.printed(value) == text
