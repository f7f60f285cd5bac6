"""The matrix of features is fresh, each page is read by a test, each test of a feature has a page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from scripts.generate_feature_matrix import Shown, problems

ROOT = Path(__file__).resolve().parents[2]
PAGE = "# Title\n\nIn Argo CD: yes\n\nText.\n"


@pytest.mark.timeout(120)
def test_the_matrix_says_what_pages_and_tests_say() -> None:
    """In a process of its own: it collects tests, which is what this one is doing."""
    command = [sys.executable, "-m", "scripts.generate_feature_matrix", "--check"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize(
    ("pages", "tested", "problem"),
    [
        ({"a": PAGE}, [], "no test reads a.md"),
        ({}, ["a"], "the feature a has no page"),
        ({"a": "Text\n\nIn Argo CD: yes\n"}, ["a"], "a.md begins with no title"),
        ({"a": "# Title\n\nIn Argo CD: perhaps\n"}, ["a"], "a.md does not say what Argo CD has"),
    ],
)
def test_what_does_not_fit_is_named(pages: dict[str, str], tested: list[str], problem: str) -> None:
    shown = Shown()
    shown.sandbox.update(tested)
    assert problems(pages, shown) == [problem]


def test_a_page_with_its_tests_is_no_problem() -> None:
    shown = Shown()
    shown.real.update(["a"])
    assert problems({"a": PAGE}, shown) == []
