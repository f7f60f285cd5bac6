"""Glob cases of Argo CD's own tests (04-glob.jsonl)."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from holdfast.engine.lang.globs import GlobError, compile_glob

FOLDER = Path(os.environ.get("HOLDFAST_REPLAY", Path(__file__).parents[3] / "shared" / "replay"))
FILE = FOLDER / "04-glob.jsonl"
# The other calls of the file look into that program's cache of compiled patterns.
CASES = [
    case
    for case in (json.loads(line) for line in (FILE.read_text().splitlines() if FILE.exists() else []))
    if case["fn"] == "MatchWithError"
]

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"no replay cases at {FILE}: set HOLDFAST_REPLAY")


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["id"]))
def test_a_pattern_fits_as_in_argo_cd(case: dict[str, Any]) -> None:
    pattern, text = case["args"]
    expected, error = case["expect"]
    if error["op"] == "ErrorContains":
        with pytest.raises(GlobError, match=error["value"]):
            compile_glob(pattern)
    else:
        assert compile_glob(pattern).matches(text) is expected["value"]
