"""The one word in which a person is told how a Pod stands: the column STATUS of `kubectl get pods`.

Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/ and
https://kubernetes.io/docs/tasks/debug/debug-application/debug-init-containers/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from holdfast.model.kube import KubeObject, conditions_of, is_being_deleted


def word(pod: KubeObject) -> str:
    """Such as `Running`, `CrashLoopBackOff`, `Init:1/2` or `Terminating`."""
    status = pod.get("status") or {}
    if is_being_deleted(pod):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return _starting(pod, status) or _running(pod, status)


def _starting(pod: KubeObject, status: Mapping[str, Any]) -> str:
    """Which init container is at work or has failed; "" once all are done. A sidecar is when it has started."""
    total = len((pod.get("spec") or {}).get("initContainers") or ())
    for index, container in enumerate(status.get("initContainerStatuses") or ()):
        state = container.get("state") or {}
        ended = state.get("terminated")
        if (ended is not None and ended.get("exitCode") == 0) or container.get("started") is True:
            continue
        if ended is not None:
            return f"Init:{_end(ended)}"
        waiting = (state.get("waiting") or {}).get("reason") or ""
        return f"Init:{waiting}" if waiting and waiting != "PodInitializing" else f"Init:{index}/{total}"
    return ""


def _running(pod: KubeObject, status: Mapping[str, Any]) -> str:
    """Of the containers that wait or have ended the first one counts."""
    containers = status.get("containerStatuses") or ()
    found = next(filter(None, map(_trouble, containers)), "")
    found = found or str(status.get("reason") or status.get("phase") or "Unknown")
    if found == "Completed" and any(map(_serves, containers)):
        return "Running" if _is_ready(pod) else "NotReady"
    return found


def _trouble(container: Mapping[str, Any]) -> str:
    """ "" for one that runs."""
    state = container.get("state") or {}
    waiting = (state.get("waiting") or {}).get("reason")
    if waiting:
        return str(waiting)
    ended = state.get("terminated")
    return _end(ended) if ended is not None else ""


def _serves(container: Mapping[str, Any]) -> bool:
    return (
        bool(container.get("ready"))
        and not _trouble(container)
        and (container.get("state") or {}).get("running") is not None
    )


def _is_ready(pod: KubeObject) -> bool:
    return any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions_of(pod))


def _end(ended: Mapping[str, Any]) -> str:
    signal = f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"
    return str(ended.get("reason") or signal)
