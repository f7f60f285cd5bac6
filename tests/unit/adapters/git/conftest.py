"""An origin to read from and the repositories under test."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.adapters.git.limits import GitLimits
from tests.unit.adapters.git.origin import Origin


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path / "origin")


@pytest.fixture
def limits() -> GitLimits:
    return GitLimits(resolve_seconds=20, fetch_seconds=20, share_seconds=0)
