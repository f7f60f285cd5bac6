"""`up --once` from nothing, and a kill at any moment of a sync."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster
from tests.e2e.conftest import FAST
from tests.e2e.up_process import UpProcess, is_settled

pytestmark = [pytest.mark.real_time, pytest.mark.timeout(300)]


def test_once_ends_with_0_and_prints_the_table(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "holdfast", "up", "--once", "--data", str(tmp_path / "data"), *FAST]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, cwd=tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "All applications are Synced and Healthy." in done.stdout
    assert "microservice-identity" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("after", [0.6, 1.5, 3.0])
def test_killed_in_a_sync_it_converges_after_a_restart(after: float, tmp_path: Path) -> None:
    process = UpProcess(tmp_path / "data", *FAST).start()
    try:
        process.eventually(_any_application, "a first application")
        _let_pass(after)
        process.kill()
        process.start()
        app = process.application_that("microservice-identity", is_settled, "Synced and Healthy", 120)
        assert [entry["id"] for entry in app["status"]["history"]] == [0]
    finally:
        process.stop()


async def _any_application(cluster: Cluster) -> bool:
    return bool((await cluster.list(APPLICATION, namespace="argocd")).items)


def _let_pass(seconds: float) -> None:
    """Real time on purpose: the kill must hit whatever the process does then."""
    threading.Event().wait(seconds)
