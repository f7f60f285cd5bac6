"""Which pods of a StatefulSet or DaemonSet may go: one that is ready and not yet available (minReadySeconds) serves already."""

from __future__ import annotations

import pytest

from holdfast.engine.rollout.in_place import daemon_sets, stateful_sets
from holdfast.engine.rollout.in_place.kinds import DAEMON_SET, STATEFUL_SET
from holdfast.engine.rollout.in_place.workload import InPlace, Pod

AVAILABLE, READY, STARTING = (True, True), (False, True), (False, False)
State = tuple[bool, bool]


def pod(ordinal: int, hash_: str, state: State) -> Pod:
    available, ready = state
    return Pod(f"db-{ordinal}", hash_, ordinal=ordinal, available=available, ready=ready)


@pytest.mark.parametrize(
    ("middle", "last", "most", "gone"),
    [
        (READY, STARTING, 1, []),
        (STARTING, STARTING, 1, ["db-1"]),
        (READY, AVAILABLE, 1, []),
        (READY, AVAILABLE, 2, ["db-1"]),
        (AVAILABLE, AVAILABLE, 1, ["db-1"]),
        (AVAILABLE, STARTING, 1, []),
    ],
)
def test_a_pod_of_a_version_that_was_left_goes_back(middle: State, last: State, most: int, gone: list[str]) -> None:
    pods = (pod(0, "old", AVAILABLE), pod(1, "middle", middle), pod(2, "new", last))
    it = InPlace(STATEFUL_SET, "db", 3, wanted="new", update="new", current="old", partition=2, pods=pods)
    plan = stateful_sets.plan(it, 1, most)
    assert [one.name for one in plan.delete] == gone
    of_all = InPlace(DAEMON_SET, "db", 3, wanted="new", update="old", partition=0, pods=pods)
    assert [one.name for one in daemon_sets.plan(of_all, "old", 1, most).delete] == gone


@pytest.mark.parametrize(("below", "partition"), [(READY, 2), (STARTING, 1), (AVAILABLE, 2)])
def test_the_partition_falls_only_below_pods_that_may_go(below: State, partition: int) -> None:
    pods = (pod(0, "old", AVAILABLE), pod(1, "old", below), pod(2, "new", STARTING))
    it = InPlace(STATEFUL_SET, "db", 3, wanted="new", update="new", current="old", partition=2, pods=pods)
    assert stateful_sets.plan(it, 2, 1).partition == partition
