"""What the contract tests run against: the real control plane, once a session."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.controlplane import build
from tests.controlplane.server import ControlPlane


@pytest.fixture(scope="session")
def real_server() -> Iterator[ControlPlane]:
    """A running real control plane; without its binary its tests are skipped, unless the environment requires them."""
    if build.built() is None and os.environ.get("HOLDFAST_CONTROL_PLANE") != "required":
        pytest.skip("the real control plane is not built (about 7 minutes, once): make control-plane")
    with ControlPlane() as cluster:
        yield cluster
