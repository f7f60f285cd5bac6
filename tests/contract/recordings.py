"""What the real server answered, kept beside the tests: both servers are held against it, and only the real one writes it.

HOLDFAST_RECORD=1 HOLDFAST_CONTROL_PLANE=required .venv/bin/pytest tests/contract -m control_plane
"""

from __future__ import annotations

import difflib
import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent / "recorded"
RECORDS = os.environ.get("HOLDFAST_RECORD") == "1"


class Recording:
    """The answers of one test, in the order in which it asks for a comparison."""

    def __init__(self, module: str, test: str, *, is_real: bool) -> None:
        self._path = FOLDER / f"{module}.json"
        self._test = test
        self._writes = RECORDS and is_real
        self._at = 0

    def compare(self, found: Any) -> None:
        """Raises AssertionError with the lines that differ."""
        at, self._at = self._at, self._at + 1
        if self._writes:
            self._write(at, found)
        kept = self._read().get(self._test, [])
        assert len(kept) > at, f"{self._test} has no answer {at} in {self._path.name}: record it on the real server"
        if kept[at] != found:
            raise AssertionError("\n".join(["not as the real server answered:", *difference(kept[at], found)]))

    def _read(self) -> dict[str, list[Any]]:
        if not self._path.exists():
            return {}
        documents: dict[str, list[Any]] = json.loads(self._path.read_text())
        return documents

    def _write(self, at: int, found: Any) -> None:
        everything = self._read()
        everything[self._test] = [*everything.get(self._test, [])[:at], found]
        FOLDER.mkdir(exist_ok=True)
        self._path.write_text(_text(dict(sorted(everything.items()))) + "\n")


def difference(expected: Any, found: Any) -> list[str]:
    """The lines that differ, with what is around them."""
    lines = difflib.unified_diff(
        _text(expected).splitlines(), _text(found).splitlines(), "real server", "this server", lineterm="", n=2
    )
    return list(lines)


def _text(document: Any) -> str:
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
