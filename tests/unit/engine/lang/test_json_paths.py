"""Paths into JSON, as Kubernetes writes them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang.json_paths import JsonPathError, found

DATA: dict[str, Any] = {
    "a": {"b": [1, 2, 3], "x.y": "dotted"},
    "items": [{"name": "one", "n": 1, "in": {"k": "v"}}, {"name": "two", "n": 2}],
    "ok": True,
}


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("{$}", [DATA]),
        ("", [DATA]),
        ("{$.ok}", [True]),
        ("{.ok}", [True]),
        ("$.a.b[0]", [1]),
        ("{$.a.b[-1]}", [3]),
        ("{$.a.b[*]}", [1, 2, 3]),
        ("{$.a.b[1:]}", [2, 3]),
        ("{$['a']['x.y']}", ["dotted"]),
        ("{$.a.x\\.y}", ["dotted"]),
        ("{$.items[*].name}", ["one", "two"]),
        ("{$..name}", ["one", "two"]),
        ("{$.items[?(@.name=='two')].n}", [2]),
        ("{$.items[?(@.n<2)].name}", ["one"]),
        ("{$.items[?(@.n>=1)].n}", [1, 2]),
        ('{$.items[?(@.name!="two")].n}', [1]),
        ("{$.items[?(@.in.k=='v')].n}", [1]),
        ("{$.items[?(@.missing=='two')].n}", []),
    ],
)
def test_a_path_leads_to_its_values(path: str, values: list[Any]) -> None:
    assert found(path, DATA) == values


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("{$.none}", "none is not found"),
        ("{$.a.b[3]}", "there is no item 3"),
        ("{$.ok.more}", "more is not found"),
        ("{$.a[}", "cannot be read from '[' on"),
        ("{$.a b}", "cannot be read"),
        ("x" * 2000, "at most 1024 characters"),
    ],
)
def test_a_path_that_leads_nowhere_says_so(path: str, said: str) -> None:
    with pytest.raises(JsonPathError) as error:
        found(path, DATA)
    assert said in str(error.value)


@given(st.text(alphabet="{}$.[]*'\"?()@=<>:0123456789ab \\", max_size=40))
def test_any_text_is_answered_or_refused(path: str) -> None:
    with suppress(JsonPathError):
        assert isinstance(found(path, DATA), list)
