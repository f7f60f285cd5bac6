"""A real control plane whose Pods are pretended to run, and `holdfast up` at work on it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.up_on import UpOn
from tests.controlplane import build
from tests.controlplane.server import CONTROLLERS, ControlPlane
from tests.e2e.up_process import is_settled


@pytest.fixture(scope="session")
def control_plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """With all controllers but the autoscaler, which would want measurements that nothing takes."""
    if build.built() is None and os.environ.get("HOLDFAST_CONTROL_PLANE") != "required":
        pytest.skip("the real control plane is not built (about 7 minutes, once): make control-plane")
    controllers = f"{CONTROLLERS},-horizontal-pod-autoscaler-controller"
    with ControlPlane(controllers=controllers) as running:
        log = (tmp_path_factory.mktemp("node") / "log").open("wb")
        command = [sys.executable, "-m", "tests.cluster.node", str(running.kubeconfig)]
        with log, subprocess.Popen(command, stdout=log, stderr=log, cwd=Path(__file__).parents[2]) as node:
            try:
                yield running
            finally:
                node.terminate()


@pytest.fixture(scope="session")
def up(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpOn]:
    """`holdfast up` on it, with all applications of the examples settled."""
    process = UpOn(control_plane.kubeconfig, tmp_path_factory.mktemp("up") / "data").start()
    try:
        process.application_that("microservice-identity", is_settled, "Synced and Healthy", 180)
        yield process
    finally:
        process.stop()
        sys.stdout.write(process.text())
