"""Which paths jq expressions mean."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.adapters.scripts import jq_paths
from holdfast.adapters.scripts.pool import ScriptPool
from holdfast.model.errors import Blocked
from holdfast.model.scripts import PathsQuestion, ScriptLimits

OBJECT: dict[str, Any] = {
    "a": {"b": 1},
    "list": [{"name": "x", "image": "i"}, {"name": "y"}, {"name": "z"}],
    "text": "c2VjcmV0",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (".a.b", [("a", "b")]),
        (".a.b, .text", [("a", "b"), ("text",)]),
        (".missing", []),
        (".list[].image", [("list", 0, "image")]),
        ('.list[] | select(.name == "y")', [("list", 1)]),
        (".list[-1].name", [("list", 2, "name")]),
        (".list[1:]", [("list", 1), ("list", 2)]),
        (".list[1:][0].name", [("list", 1, "name")]),
        (".list[9]", []),
        ('.a | to_entries[] | select(.key == "b")', []),
        (".text[]", []),
        (".missing.foo[]", []),
        (".a # and a remark", [("a",)]),
        ('.. | select(type == "number")', [("a", "b")]),
        ("env.HOME", []),
    ],
)
def test_the_paths_that_an_expression_means(expression: str, expected: list[Any]) -> None:
    assert list(jq_paths.paths(PathsQuestion(expression, OBJECT))) == expected


@pytest.mark.parametrize("expression", ["", ".a[", "nothing(.)", 'import "x" as x; .a'])
def test_what_is_no_expression_is_named(expression: str) -> None:
    with pytest.raises(Blocked) as caught:
        jq_paths.paths(PathsQuestion(expression, OBJECT))
    assert caught.value.reason == "ExpressionInvalid"
    assert repr(expression) in caught.value.message


@pytest.mark.real_time
async def test_an_endless_expression_is_killed_and_the_next_one_answered() -> None:
    pool = ScriptPool()
    try:
        with pytest.raises(Blocked) as caught:
            await pool.paths(PathsQuestion("last(repeat(.))", OBJECT, ScriptLimits(seconds=0.5)))
        assert caught.value.reason in ("ScriptTimeout", "ScriptOutOfMemory")
        assert await pool.paths(PathsQuestion(".list[0]", OBJECT)) == (("list", 0),)
    finally:
        await pool.close()
