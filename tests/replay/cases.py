"""Reads recorded cases: behaviour of other programs, as data, one JSON object a line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Case: TypeAlias = dict[str, Any]

FOLDER = Path(os.environ.get("HOLDFAST_REPLAY") or Path(__file__).resolve().parents[3] / "shared" / "replay")


def load(name: str) -> list[Case]:
    """The cases of one file; the module that asks is skipped where the folder is absent."""
    file = FOLDER / name
    if not file.is_file():
        pytest.skip(f"{file} is absent; HOLDFAST_REPLAY names the folder of recorded cases", allow_module_level=True)
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]
