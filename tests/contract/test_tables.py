"""What a person reads of a Pod: the columns READY, STATUS and RESTARTS that the server prints."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.kube import KubeObject
from tests.contract.objects import pod, with_metadata
from tests.contract.servers import Server

TABLE: Final = {"accept": "application/json;as=Table;v=v1;g=meta.k8s.io"}
MOMENT: Final = "2026-01-01T00:00:00Z"
# A time to come is told as <invalid> whenever that is asked.
YET_TO_COME: Final = "2100-01-01T00:00:00Z"
RUNNING: Final = {"running": {"startedAt": MOMENT}}
ENDED: Final = {"terminated": {"exitCode": 0, "reason": "Completed"}}
KILLED: Final = {"terminated": {"exitCode": 137, "signal": 9}}
EXITED: Final = {"terminated": {"exitCode": 3}}
CRASHED: Final[dict[str, Any]] = {"lastState": {"terminated": {"exitCode": 1, "finishedAt": YET_TO_COME}}}
READY: Final = {"type": "Ready", "status": "True"}
INITIALIZED: Final = {"type": "Initialized", "status": "True"}


def waiting(reason: str) -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": "x"}}


def container(name: str, state: dict[str, Any], *, ready: bool = False, restarts: int = 0, **more: Any) -> Any:
    rest = {"ready": ready, "restartCount": restarts, "image": "nginx:1", "imageID": ""}
    return {"name": name, "state": state, **rest, **more}


def runs(name: str, **more: Any) -> Any:
    return container(name, RUNNING, ready=True, started=True, **more)


def status(*containers: Any, phase: str = "Running", init: tuple[Any, ...] = (), **more: Any) -> dict[str, Any]:
    return {"phase": phase, "containerStatuses": list(containers), "initContainerStatuses": list(init), **more}


STATUSES: Final = {
    "accepted": {},
    "all-run": status(runs("a"), runs("b")),
    "begins": status(phase="Pending", init=(container("i", waiting("PodInitializing")),)),
    "crashes": status(runs("a"), container("b", waiting("CrashLoopBackOff"), restarts=4, **CRASHED)),
    "done": status(container("a", ENDED), container("b", ENDED), phase="Succeeded"),
    "evicted": status(phase="Failed", reason="Evicted", message="low on disk"),
    "evicted-with-containers": status(container("a", KILLED), phase="Failed", reason="Evicted"),
    "gated": status(
        phase="Pending", conditions=[{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]
    ),
    "half-done": status(runs("a"), container("b", ENDED)),
    "half-done-and-ready": status(runs("a"), container("b", ENDED), conditions=[READY]),
    "half-done-and-unready": status(container("a", RUNNING), container("b", ENDED)),
    "init-at-work": status(container("a", waiting("PodInitializing")), init=(container("i", RUNNING, started=True),)),
    "init-crashes": status(init=(container("i", waiting("CrashLoopBackOff"), restarts=2, **CRASHED),)),
    "init-exited": status(init=(container("i", EXITED),)),
    "init-killed": status(init=(container("i", KILLED),)),
    "init-once-more": status(runs("a"), runs("b"), init=(container("i", RUNNING),), conditions=[INITIALIZED]),
    "killed-and-waits": status(container("a", KILLED), container("b", waiting("ErrImagePull"))),
    "only-ready-by-word": status(container("a", waiting("ErrImagePull"), ready=True), runs("b")),
    "sidecar-runs": status(
        runs("a"), runs("b"), init=(container("i", ENDED, restarts=1), runs("s", restarts=2, **CRASHED))
    ),
    "sidecar-begins": status(init=(container("i", ENDED), container("s", RUNNING, started=False, restarts=3))),
    "sidecar-unready": status(
        runs("a"), runs("b"), init=(container("i", ENDED), container("s", RUNNING, started=True))
    ),
}


def with_sidecar(name: str) -> KubeObject:
    containers = [{"name": each, "image": "nginx:1"} for each in ("a", "b")]
    init = [{"name": "i", "image": "nginx:1"}, {"name": "s", "image": "nginx:1", "restartPolicy": "Always"}]
    kept = {"nodeName": "n1", "automountServiceAccountToken": False}
    return pod(name, containers=containers, initContainers=init, **kept)


async def printed(server: Server) -> list[list[Any]]:
    """The first four cells of each row."""
    answer = await server.call("GET", server.path({"apiVersion": "v1", "kind": "Pod"}), headers=TABLE)
    return [row["cells"][:4] for row in answer.body["rows"]]


async def test_how_a_pod_stands_is_printed_as_the_real_server_does(server: Server) -> None:
    for name, found in STATUSES.items():
        await server.created(with_sidecar(name))
        reported = await server.patch(with_sidecar(name), {"status": found}, sub="status")
        assert reported.status == 200, (name, reported.body)
    server.same(await printed(server))


async def test_a_pod_that_goes_says_so_unless_it_is_over_or_its_node_is_lost(server: Server) -> None:
    leaving = {
        "done": status(container("a", ENDED), container("b", ENDED), phase="Succeeded"),
        "failed": status(container("a", EXITED), phase="Failed"),
        "lost": status(runs("a"), runs("b"), reason="NodeLost"),
        "works": status(runs("a"), runs("b")),
    }
    for name, found in leaving.items():
        kept = with_metadata(with_sidecar(name), finalizers=["example.com/kept"])
        await server.created(kept)
        assert (await server.patch(kept, {"status": found}, sub="status")).status == 200
        await server.delete(kept, gracePeriodSeconds="600")
    server.same(await printed(server))
    for name in leaving:
        await server.patch(with_sidecar(name), {"metadata": {"finalizers": None}})
