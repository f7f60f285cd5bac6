"""Laws of globs, and agreement with the standard library where both speak the same language."""

from __future__ import annotations

import fnmatch
import re

from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.lang.globs import matches

texts = st.text("ab/.-", max_size=12)
simple = st.lists(st.sampled_from(["a", "b", "/", ".", "-", "*", "?"]), max_size=8).map("".join)


@given(st.text(max_size=20))
def test_an_escaped_text_fits_itself_alone(text: str) -> None:
    escaped = "".join(f"\\{char}" for char in text)
    assert matches(escaped, text)
    assert not matches(escaped, text + "x")


@given(simple.filter(lambda pattern: "**" not in pattern), texts)
def test_without_separators_it_is_the_shell_pattern(pattern: str, text: str) -> None:
    assert matches(pattern, text) == fnmatch.fnmatchcase(text, pattern)


@given(simple, texts)
def test_with_a_separator_it_is_the_regular_expression(pattern: str, text: str) -> None:
    parts = {"**": ".*", "*": "[^/]*", "?": "[^/]"}
    expression = "".join(parts.get(part, re.escape(part)) for part in re.findall(r"\*\*|.", pattern))
    assert matches(pattern, text, "/") == (re.fullmatch(expression, text, re.DOTALL) is not None)


@given(simple, simple, texts)
def test_braces_fit_what_any_branch_fits(one: str, other: str, text: str) -> None:
    assert matches(f"{{{one},{other}}}", text, "/") == (matches(one, text, "/") or matches(other, text, "/"))
