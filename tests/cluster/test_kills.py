"""kill -9 of the engine, of the API server and of etcd in the middle of a sync of two hundred applications."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.fleet import Fleet
from tests.controlplane.server import ControlPlane

pytestmark = [pytest.mark.control_plane, pytest.mark.real_time, pytest.mark.timeout(600)]
COUNT = 200
SECONDS = 240
# Long enough for calls to fail and to be tried again in vain.
OUTAGE_SECONDS = 3


@pytest.fixture
def fragile() -> Iterator[ControlPlane]:
    """A control plane of one test alone, since it does not outlive the test whole."""
    with ControlPlane() as running:
        yield running


@pytest.fixture
def fleet(fragile: ControlPlane, tmp_path: Path) -> Iterator[Fleet]:
    """One that is in the middle of its first sync."""
    made = Fleet(tmp_path, fragile.kubeconfig, COUNT)
    made.up.start()
    try:
        made.up.eventually(made.is_under_way, "a good part of the fleet settled", SECONDS)
        assert not made.up.run(made.is_settled), "all is over already: nothing to interrupt"
        yield made
    finally:
        made.up.stop()


def converges(fleet: Fleet) -> None:
    fleet.up.eventually(fleet.is_settled, f"{COUNT} applications Synced and Healthy", SECONDS)
    assert fleet.up.run(fleet.faults) == []


def test_a_killed_engine_carries_on(fleet: Fleet) -> None:
    fleet.up.kill()
    fleet.up.start()
    converges(fleet)


@pytest.mark.parametrize("program", ["kube-apiserver", "etcd"])
def test_the_engine_outlives_a_killed_server(fleet: Fleet, fragile: ControlPlane, program: str) -> None:
    fragile.kill(program)
    time.sleep(OUTAGE_SECONDS)
    fragile.start_again(program)
    converges(fleet)
