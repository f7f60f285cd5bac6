"""Two hundred applications from one repository on a real control plane: how long they take and what they ask for."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from tests.cluster.fleet import Fleet
from tests.controlplane.requests import requests_answered
from tests.controlplane.server import ControlPlane

pytestmark = [pytest.mark.control_plane, pytest.mark.real_time, pytest.mark.timeout(600)]
COUNT = 200
SECONDS = 420


def test_two_hundred_applications_settle(control_plane: ControlPlane, tmp_path: Path) -> None:
    fleet = Fleet(tmp_path, control_plane.kubeconfig, COUNT)
    before = requests_answered(control_plane.api)
    began = time.monotonic()
    fleet.up.start()
    try:
        fleet.up.eventually(fleet.is_settled, f"{COUNT} applications Synced and Healthy", SECONDS)
        took = time.monotonic() - began
        assert fleet.up.run(fleet.faults) == []
    finally:
        fleet.up.stop()
    made = requests_answered(control_plane.api) - before
    lines = [f"{COUNT} applications in {took:.1f} s, {made.total()} requests:"]
    lines += [f"  {count:6} {verb} {resource}" for (verb, resource), count in made.most_common(20)]
    sys.stdout.write("\n".join(lines) + "\n")
