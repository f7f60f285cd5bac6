"""One real mesh for all its tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.mesh import build
from tests.mesh.mesh import Mesh


@pytest.fixture(scope="session")
def mesh() -> Iterator[Mesh]:
    """Istio and Envoy at work; nothing is published yet."""
    missing = build.missing()
    if missing and os.environ.get("HOLDFAST_MESH") != "required":
        pytest.skip(f"{missing} for tests with a real mesh: make mesh")
    with Mesh() as running:
        yield running
