"""The shape of the code: short files, short functions, honest names, a sentence at the top of each module."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
MOST_LINES = 400
MOST_FUNCTION_LINES = 60
REFUSED_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc", "types"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT / "src")))
def test_a_module_is_short_named_for_what_it_is_and_says_what_it_is_for(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    module = ast.parse(text)

    assert len(text.splitlines()) <= MOST_LINES
    assert path.stem not in REFUSED_NAMES
    assert ast.get_docstring(module), "a module starts with a docstring that says what it is for"
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            assert lines <= MOST_FUNCTION_LINES, f"{node.name} has {lines} lines"
