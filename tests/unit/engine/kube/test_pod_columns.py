"""How a Pod stands, in the cases that are easily got wrong."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.kube.pod_columns import columns_of

RUNS: dict[str, Any] = {"ready": True, "started": True, "state": {"running": {}}}
UNREADY: dict[str, Any] = {"ready": False, "state": {"running": {}}}
ENDED: dict[str, Any] = {"ready": False, "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}}
KILLED: dict[str, Any] = {"ready": False, "state": {"terminated": {"exitCode": 137, "signal": 9}}}
EXITED: dict[str, Any] = {"ready": False, "state": {"terminated": {"exitCode": 3}}}
READY = {"type": "Ready", "status": "True"}


def waiting(reason: str) -> dict[str, Any]:
    return {"ready": False, "state": {"waiting": {"reason": reason}}}


def of(*containers: dict[str, Any], init: tuple[dict[str, Any], ...] = (), **status: Any) -> dict[str, Any]:
    return {"phase": "Running", "initContainerStatuses": init, "containerStatuses": containers, **status}


@pytest.mark.parametrize(
    ("status", "word"),
    [
        pytest.param({}, "Unknown", id="nothing is known"),
        pytest.param(of(), "Running", id="its phase"),
        pytest.param(of(reason="Evicted", phase="Failed"), "Evicted", id="its reason before its phase"),
        pytest.param(of(KILLED, reason="Evicted", phase="Failed"), "Signal:9", id="a container before its reason"),
        pytest.param(of(RUNS, RUNS), "Running", id="all run"),
        pytest.param(of(RUNS, waiting("CrashLoopBackOff")), "CrashLoopBackOff", id="one of them waits"),
        pytest.param(of(EXITED, waiting("CrashLoopBackOff")), "ExitCode:3", id="the first of several"),
        pytest.param(of(RUNS, ENDED), "NotReady", id="one has ended beside one that runs"),
        pytest.param(of(RUNS, ENDED, conditions=[READY]), "Running", id="the same of a Pod that is ready"),
        pytest.param(of(UNREADY, ENDED), "Completed", id="one has ended beside one that does not serve"),
        pytest.param(of(ENDED, phase="Succeeded"), "Completed", id="all have ended"),
        pytest.param(of(waiting("PodInitializing"), init=(ENDED, UNREADY)), "Init:1/3", id="the second of three"),
        pytest.param(of(init=(waiting("PodInitializing"),)), "Init:0/3", id="the first is about to begin"),
        pytest.param(of(init=(waiting("ImagePullBackOff"),)), "Init:ImagePullBackOff", id="the first waits"),
        pytest.param(of(init=(KILLED,)), "Init:Signal:9", id="the first was killed"),
        pytest.param(of(init=(ENDED, RUNS)), "Init:1/3", id="the second has started and is no sidecar"),
        pytest.param(
            of(RUNS, init=({**RUNS, "name": "c"},)), "Running", id="a sidecar that has started is no hindrance"
        ),
    ],
)
def test_the_word_of_a_pod(status: dict[str, Any], word: str) -> None:
    containers = [{"name": "a"}, {"name": "b"}, {"name": "c", "restartPolicy": "Always"}]
    assert columns_of({"spec": {"initContainers": containers}, "status": status}).status == word


@pytest.mark.parametrize(("reason", "word"), [("", "Terminating"), ("NodeLost", "Unknown")])
def test_one_that_is_being_deleted(reason: str, word: str) -> None:
    metadata = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    assert columns_of({"metadata": metadata, "status": of(waiting("CrashLoopBackOff"), reason=reason)}).status == word
