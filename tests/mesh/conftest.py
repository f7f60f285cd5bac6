"""One real mesh for all tests whose Istio reads a folder alone."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.mesh import build
from tests.mesh.mesh import Mesh


@pytest.fixture(scope="session")
def programs() -> None:
    """Istio and Envoy are there."""
    missing = build.missing()
    if missing and os.environ.get("HOLDFAST_MESH") != "required":
        pytest.skip(f"{missing} for tests with a real mesh: make mesh")


@pytest.fixture(scope="session")
def mesh(programs: None) -> Iterator[Mesh]:
    """Istio and Envoy at work; nothing is published yet."""
    with Mesh() as running:
        yield running
