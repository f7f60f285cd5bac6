"""Expressions as templates of today write them."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang.expr.errors import ExpressionError
from holdfast.engine.lang.expr.evaluate import Expression

RESULT = {"a": 1, "b": True, "c": [1, 2, 3, 4], "d": None, "name": "web", "deep": {"list": [{"n": 1}, {"n": 5}]}}


def value(text: str, **variables: Any) -> Any:
    return Expression(text).evaluate({"result": RESULT, **variables})


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("2 ** 3 ** 2", 512.0),
        ("2 ^ 3", 8.0),
        ("-2 ** 2", -4.0),
        ("7 / 2", 3.5),
        ("-7 % 3", -1),
        ("1_000 + 0x10", 1016),
        (".5 + 1e2", 100.5),
        ("1 == 1.0", True),
        ("'1' == 1 ? 1 : 2", None),
        ("not true || true", True),
        ("!(1 > 2) and 2 >= 2", True),
        ("1 in [1, 2]", True),
        ("3 not in [1, 2]", True),
        ("'a' in {a: 1}", True),
        ("'name' in result", True),
        ("'web-1' matches '^web-[0-9]+$'", True),
        ("'web' contains 'e' && 'web' startsWith 'w' && 'web' endsWith 'b'", True),
        ("'web' not startsWith 'x'", True),
        ("true ? 'yes' : 'no'", "yes"),
        ("nil ?? 3", 3),
        ("result.d ?? 'none'", "none"),
        ("result.a > 0 && result.b && all(result.c, {# < 5}) && result.d == nil", True),
        ("all(result.c, # < 5)", True),
        ("any(result.c, {# == 4}) and none(result.c, {# > 4}) and one(result.c, {# == 1})", True),
        ("count(result.c, {# % 2 == 0})", 2),
        ("filter(result.c, {# > 2})", [3, 4]),
        ("map(result.deep.list, {.n * 2})", [2, 10]),
        ("find(result.deep.list, .n > 2).n", 5),
        ("findIndex(result.c, # == 3)", 2),
        ("sum(result.deep.list, .n)", 6),
        ("reduce(result.c, #acc + #, 10)", 20),
        ("sortBy(result.deep.list, .n, 'desc')[0].n", 5),
        ("groupBy(result.c, # % 2 == 0 ? 'even' : 'odd').even", [2, 4]),
        ("result.c | filter(# > 1) | len()", 3),
        ("'  Web ' | trim() | lower()", "web"),
        ("result.c[0] + result.c[-1]", 5),
        ("result.c[1:3]", [2, 3]),
        ("'hello'[:2]", "he"),
        ("result['name']", "web"),
        ("result?.missing?.more", None),
        ("result.missing", None),
        ("{'a': 1, b: 2}.b", 2),
        ("[1, 2, 3,]", [1, 2, 3]),
        ("let x = 2; let y = x + 1; x * y", 6),
        ("if 1 > 2 { 'a' } else if 2 > 1 { 'b' } else { 'c' }", "b"),
        ("1..3 | sum()", 6),
        ("len('abc') + len([1])", 4),
        ("min(3, [1, 2]) + max(1, 2)", 3),
        ("mean([1, 2, 3]) + median([1, 9, 2])", 4.0),
        ("round(2.5) + floor(1.9) + ceil(0.1) + abs(-1)", 6.0),
        ("int('7') + int(2.9)", 9),
        ("string(1.0) + string(true) + string(nil)", "1true<nil>"),
        ("split('a,b,c', ',', 2)", ["a", "b,c"]),
        ("join(sort(['b', 'a']), '-')", "a-b"),
        ("replace('aa', 'a', 'b')", "bb"),
        ("fromJSON('{\"x\": [1]}').x[0]", 1),
        ("fromBase64(toBase64('x'))", "x"),
        ("keys({b: 1, a: 2})", ["a", "b"]),
        ("uniq([1, 1.0, 2])", [1, 2]),
        ("first([1, 2]) + last([1, 2])", 3),
        ("type([1]) + type({}) + type(1.5)", "arraymapfloat"),
        ("duration('90s').Minutes()", 1.5),
        ("date('2023-08-14 00:00:00', '2006-01-02 15:04:05', 'UTC').Unix()", 1691971200),
        ("// a remark\n1 /* and another */ + 1", 2),
        (r"'tab\there' == `tab	here`", True),
        ("'caf\\u00e9'", "café"),
    ],
)
def test_an_expression_has_a_value(text: str, wanted: Any) -> None:
    if wanted is None and "==" in text:
        with pytest.raises(ExpressionError, match="mismatched types"):
            value(text)
        return
    assert value(text) == wanted


def test_times_move_by_durations() -> None:
    text = "date('2023-08-14 00:00:00', '2006-01-02 15:04:05', 'UTC') - duration('1h')"
    assert value(text) == datetime(2023, 8, 13, 23, tzinfo=UTC)
    assert value("date('2023-08-14') - date('2023-08-13')") == timedelta(days=1)
    assert value("date('2023-08-14T00:00:00Z') < now", now=datetime(2024, 1, 1, tzinfo=UTC)) is True


def test_division_by_zero_is_what_go_says() -> None:
    assert value("1 / 0") == math.inf
    assert math.isnan(value("0 / 0"))
    with pytest.raises(ExpressionError, match="divide by zero"):
        value("1 % 0")


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("", "a value is expected where it ends"),
        ("1 +", "it ends, at character 4"),
        ("1 2", "the end is expected"),
        ("result.", "a name"),
        ("[1, 2", "','"),
        ("missing", "unknown name missing"),
        ("missing()", "unknown name missing"),
        ("#", "here is none"),
        ("'a' > 1", "mismatched types string and number"),
        ("result.name > 1", "mismatched types"),
        ("result.d.more", "cannot fetch more from nil"),
        ("result.a.b", "has no field"),
        ("result.c[9]", "index out of range"),
        ("1 && true", "needs a bool"),
        ("nil + 1", "mismatched types nil and int"),
        ("'a' matches '('", "cannot be read"),
        ("int('x')", "int cannot be called"),
        ("9223372036854775807 + 1", "64 bits"),
        ("$", "unexpected '\\$'"),
        ("all(1, true)", "needs an array"),
        ("result.a()", "has no method"),
    ],
)
def test_what_is_wrong_is_said(text: str, because: str) -> None:
    with pytest.raises(ExpressionError, match=because):
        value(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 500 + "1" + ")" * 500,
        "-" * 500 + "1",
        "1 + " * 4000 + "1",
        "1..1000000000",
        "sum(1..99999, sum(1..99999, #))",
        "repeat('x', 100000000)",
        "map(1..5000, repeat('x', 900000)) | join()",
        "'" + "x" * 20_000 + "'",
        "2 ** 10000 == 1 || all(1..99999, all(1..99999, true))",
        "not " * 500 + "true",
        "[" * 300,
        "replace(repeat('a', 1000000), 'a', repeat('b', 1000000))",
    ],
    ids=range(12),
)
def test_an_expression_that_would_not_end_is_ended(text: str) -> None:
    with pytest.raises(ExpressionError):
        value(text)


def test_a_pattern_that_others_never_finish_is_answered() -> None:
    assert value("long matches '(a+)+$'", long="a" * 5000 + "!") is False


def test_functions_of_the_caller_are_known() -> None:
    assert Expression("twice(2)", {"twice": lambda number: number * 2}).evaluate({}) == 4


@given(st.text(alphabet="ab1.'\"()[]{}#!&|<>=+-*/%?:, nottruel", max_size=30))
def test_no_text_brings_the_reader_down(text: str) -> None:
    try:
        Expression(text).evaluate({"a": 1, "b": [1]})
    except ExpressionError:
        return


@given(st.integers(-1000, 1000), st.integers(-1000, 1000), st.integers(1, 50))
def test_arithmetic_is_that_of_numbers(left: int, right: int, divisor: int) -> None:
    assert value("(l + r) * 2 - r", l=left, r=right) == left * 2 + right
    assert value("l / d", l=left, d=divisor) == left / divisor
    assert value("l % d", l=left, d=divisor) == math.fmod(left, divisor)
