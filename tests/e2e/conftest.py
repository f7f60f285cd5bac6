"""One `holdfast up` for all end-to-end tests that do not kill it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.up_process import UpProcess, WorkingCopy, is_settled

# The sandbox's clock runs faster than ours, so that probes' delays do not make the tests slow.
FAST = ("--poll", "2", "--speed", "20")


@pytest.fixture(scope="session")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpProcess]:
    process = UpProcess(tmp_path_factory.mktemp("up") / "data", *FAST).start()
    try:
        process.application_that("microservice-identity", is_settled, "Synced and Healthy", 120)
        yield process
    finally:
        process.stop()
        sys.stdout.write(process.text())


@pytest.fixture
def identity(up: UpProcess, tmp_path: Path) -> WorkingCopy:
    """A clone of a service's repository."""
    return WorkingCopy(up.data / "repositories" / "microservice-identity.git", tmp_path / "identity")
