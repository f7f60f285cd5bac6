"""Helm's `--set` language; Helm itself is the oracle where the values are empty at the start."""

from __future__ import annotations

import copy
from typing import Any

import helm_python
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.render.helm import strvals

EXPRESSIONS = [
    "a={}", "a=", "a", "a.b", "a=1,", "a[0]=1,a[1]=x", "a={1,2},b=3", r"a=\,b", r"a.b\.c=1", "a[2].b=1", "a[-1]=1",
    "a[x]=1", "=1", "a=nUll", "a=007", "a=1.5", "a= 1", "a[0][1]=2", "a.=1", ".a=1", "a=[1]", "a[0]", "a[0]=", "a={x,y},",
    "a=1,,b=2", "a={x", "a=TRUE,b=false", "a=0", "a=-5,b=+5", "a=99999999999999999999", "a.b.c=1,a.b.d=2", "a=b=c",
    "a[0].b[1].c=x", "a[65537]=1", "a[0]x=1", "", "a=1,b",
]  # fmt: skip


def outcome(parse: Any, expression: str) -> Any:
    try:
        return parse(expression)
    except (strvals.StrvalsError, helm_python.HelmError):
        return "error"


def parsed(expression: str) -> dict[str, Any]:
    values: dict[str, Any] = {}
    strvals.parse_into(values, expression)
    return values


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_expressions_mean_what_they_mean_to_helm(expression: str) -> None:
    assert outcome(parsed, expression) == outcome(helm_python.parse_set_string, expression)


@given(st.text(alphabet="ab01.=,[]{}\\ ", max_size=14).filter(lambda text: not text.endswith("\\")))
def test_any_text_means_what_it_means_to_helm(expression: str) -> None:
    try:
        ours: Any = parsed(expression)
    except strvals.StrvalsEnded:
        return
    except strvals.StrvalsError:
        ours = "error"
    assert ours == outcome(helm_python.parse_set_string, expression)


@pytest.mark.parametrize("expression", ["a[", "a[1", "a=1,b[", "a[0].", "a[0][1"])
def test_an_expression_that_ends_inside_an_index_is_refused(expression: str) -> None:
    with pytest.raises(strvals.StrvalsEnded):
        parsed(expression)


@pytest.mark.parametrize(
    ("base", "expression", "expected"),
    [
        ({"a": [9, 8]}, "a[1]=x", {"a": [9, "x"]}),
        ({"a": [{"b": 1, "c": 2}]}, "a[0].b=3", {"a": [{"b": 3, "c": 2}]}),
        ({"a": {"b": 1}}, "a.c=2", {"a": {"b": 1, "c": 2}}),
        ({"a": {"b": 1}}, "a=2", {"a": 2}),
        ({"a": [[1, 2]]}, "a[0][1]=5", {"a": [[1, 5]]}),
        ({"a": None}, "a.b=1", {"a": {"b": 1}}),
        ({"a": 1}, "a=null", {"a": None}),
    ],
)
def test_what_is_there_is_kept(base: dict[str, Any], expression: str, expected: dict[str, Any]) -> None:
    values = copy.deepcopy(base)
    strvals.parse_into(values, expression)
    assert values == expected


@pytest.mark.parametrize("expression", ["a.b=1", "a[0]=1"])
def test_what_does_not_fit_is_refused(expression: str) -> None:
    with pytest.raises(strvals.StrvalsError, match="a is no"):
        strvals.parse_into({"a": "text"}, expression)


def test_texts_stay_texts_when_asked_for() -> None:
    values: dict[str, Any] = {}
    strvals.parse_into(values, "port=80,list={1,true}", str)
    assert values == {"port": "80", "list": ["1", "true"]}
