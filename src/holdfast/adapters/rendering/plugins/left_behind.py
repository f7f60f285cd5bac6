"""Finds in a folder that renders share what those left there that were killed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

OLD_SECONDS: Final = 600.0
"""No render takes that long."""


def left_behind(ours: Path, pattern: str) -> Iterator[Path]:
    """The entries of the folder of `ours` that fit the pattern and are much older than it. Links are not followed."""
    now = ours.stat().st_mtime
    for entry in ours.parent.glob(pattern):
        with suppress(OSError):
            if now - entry.lstat().st_mtime > OLD_SECONDS and not entry.is_symlink():
                yield entry
