"""How a Pod stands, in the columns READY, STATUS and RESTARTS of `kubectl get pods`.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/,
https://kubernetes.io/docs/tasks/debug/debug-application/debug-init-containers/ and, for what they leave open, the tables of a
real API server (`tests/contract/test_tables.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from msgspec import Struct

from holdfast.model.kube import KubeObject, is_being_deleted

ContainerStatus: TypeAlias = Mapping[str, Any]

_GATED: Final = "SchedulingGated"


class PodColumns(Struct, frozen=True):
    """`status` is one word, such as `Running`, `CrashLoopBackOff`, `Init:1/2` or `Terminating`. `last_restart` is when the
    container that began anew last had ended (RFC 3339), None when that is not known."""

    ready: int
    containers: int
    status: str
    restarts: int = 0
    last_restart: str | None = None


def columns_of(pod: KubeObject) -> PodColumns:
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    sidecars = {one.get("name") for one in spec.get("initContainers") or () if one.get("restartPolicy") == "Always"}
    begun: list[ContainerStatus] = status.get("initContainerStatuses") or []
    containers: list[ContainerStatus] = status.get("containerStatuses") or []
    total = len(spec.get("containers") or ()) + len(sidecars)
    starting, done = _starting(begun, sidecars, len(spec.get("initContainers") or ()))
    ready = sum(1 for one in done if one.get("name") in sidecars and one.get("ready"))
    if starting and not _is_true(status, "Initialized"):
        return PodColumns(ready, total, _ending(pod) or starting, *_restarts(begun))
    word = _of_containers(containers, status, starting or _of_pod(status))
    counted = [*(one for one in begun if one.get("name") in sidecars), *containers]
    return PodColumns(ready + sum(map(_serves, containers)), total, _ending(pod) or word, *_restarts(counted))


def _ending(pod: KubeObject) -> str:
    """ "" for a Pod that stays, and for one that is over: it says how until it is gone."""
    status = pod.get("status") or {}
    if not is_being_deleted(pod):
        return ""
    if status.get("reason") == "NodeLost":
        return "Unknown"
    return "" if status.get("phase") in ("Succeeded", "Failed") else "Terminating"


def _of_pod(status: Mapping[str, Any]) -> str:
    if any(one.get("type") == "PodScheduled" and one.get("reason") == _GATED for one in status.get("conditions") or ()):
        return _GATED
    return str(status.get("reason") or status.get("phase") or "Unknown")


def _starting(
    begun: Iterable[ContainerStatus], sidecars: set[str | None], total: int
) -> tuple[str, list[ContainerStatus]]:
    """The word of the init container that is at work or has failed, "" for none, and those that are no hindrance: they
    have ended well or, as sidecars, started."""
    done: list[ContainerStatus] = []
    for index, container in enumerate(begun):
        state = container.get("state") or {}
        ended = state.get("terminated")
        is_over = ended is not None and not ended.get("exitCode")
        if not is_over and not (container.get("name") in sidecars and container.get("started")):
            reason = (state.get("waiting") or {}).get("reason")
            if ended is not None:
                return f"Init:{_end(ended)}", done
            return f"Init:{reason}" if reason and reason != "PodInitializing" else f"Init:{index}/{total}", done
        if not is_over:
            done.append(container)
    return "", done


def _of_containers(containers: Iterable[ContainerStatus], status: Mapping[str, Any], otherwise: str) -> str:
    """Of the containers that wait or have ended the first one counts."""
    found = next(filter(None, map(_trouble, containers)), otherwise)
    if found == "Completed" and any(map(_serves, containers)):
        return "Running" if _is_true(status, "Ready") else "NotReady"
    return found


def _trouble(container: ContainerStatus) -> str:
    """ "" for one that runs."""
    state = container.get("state") or {}
    waiting = (state.get("waiting") or {}).get("reason")
    if waiting:
        return str(waiting)
    ended = state.get("terminated")
    return _end(ended) if ended is not None else ""


def _serves(container: ContainerStatus) -> bool:
    is_running = (container.get("state") or {}).get("running") is not None
    return bool(container.get("ready")) and is_running and not _trouble(container)


def _end(ended: Mapping[str, Any]) -> str:
    signal = f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"
    return str(ended.get("reason") or signal)


def _restarts(containers: Iterable[ContainerStatus]) -> tuple[int, str | None]:
    counted = list(containers)
    ends = (((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for one in counted)
    return sum(int(one.get("restartCount") or 0) for one in counted), max(filter(None, ends), default=None)


def _is_true(status: Mapping[str, Any], condition: str) -> bool:
    return any(one.get("type") == condition and one.get("status") == "True" for one in status.get("conditions") or ())
