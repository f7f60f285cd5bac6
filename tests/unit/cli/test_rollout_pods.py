"""What `holdfast rollout get` tells of a pod: why it does not serve is what people look for."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.cli.rollout import pods

RUNS: dict[str, Any] = {"ready": True, "restartCount": 0, "state": {"running": {}}}
PULLS: dict[str, Any] = {
    "ready": False,
    "state": {"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling\n image web:2"}},
}
CRASHES: dict[str, Any] = {"ready": False, "restartCount": 4, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
ENDED: dict[str, Any] = {"ready": False, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
KILLED: dict[str, Any] = {"ready": False, "state": {"terminated": {"exitCode": 137, "signal": 9}}}


@pytest.mark.parametrize(
    ("status", "state", "info"),
    [
        ({"phase": "Running", "containerStatuses": [RUNS]}, "Running", "ready:1/1"),
        (
            {"phase": "Pending", "containerStatuses": [PULLS]},
            "ImagePullBackOff",
            "ready:0/1: Back-off pulling image web:2",
        ),
        (
            {"phase": "Running", "containerStatuses": [RUNS, CRASHES]},
            "CrashLoopBackOff",
            "ready:1/2, restarts:4",
        ),
        ({"phase": "Running", "containerStatuses": [RUNS, ENDED]}, "NotReady", "ready:1/2"),
        ({"phase": "Succeeded", "containerStatuses": [ENDED]}, "Completed", "ready:0/1"),
        ({"phase": "Failed", "containerStatuses": [KILLED]}, "Signal:9", "ready:0/1"),
        ({"phase": "Failed", "reason": "Evicted", "message": "low on disk"}, "Evicted", "ready:0/1: low on disk"),
        (
            {"phase": "Pending", "initContainerStatuses": [ENDED, PULLS], "containerStatuses": []},
            "Init:ImagePullBackOff",
            "ready:0/1",
        ),
        ({"phase": "Pending", "initContainerStatuses": [{"state": {"running": {}}}]}, "Init:0/0", "ready:0/1"),
        (
            {
                "phase": "Pending",
                "conditions": [{"type": "PodScheduled", "status": "False", "message": "0/3 nodes are available"}],
            },
            "Pending",
            "ready:0/1: 0/3 nodes are available",
        ),
        ({}, "Unknown", "ready:0/1"),
    ],
)
def test_a_pod_is_told_as_kubectl_tells_it(status: dict[str, Any], state: str, info: str) -> None:
    containers = [{"name": "main"}, {"name": "proxy"}][: len(status.get("containerStatuses") or "1")]
    assert pods.told({"spec": {"containers": containers}, "status": status}) == (state, info)


def test_one_that_goes_and_one_that_says_too_much() -> None:
    going = {"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Running"}}
    assert pods.told(going)[0] == "Terminating"
    waiting = {"waiting": {"reason": "ErrImagePull", "message": "x" * 1000}}
    _, info = pods.told({"status": {"containerStatuses": [{"state": waiting}]}})
    assert len(info) == len("ready:0/0: ") + pods.LONGEST
