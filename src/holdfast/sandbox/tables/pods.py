"""The cells of Pods: what a person wants to know of a Pod's state in one word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from holdfast.model.kube import KubeObject
from holdfast.sandbox.tables import cells
from holdfast.sandbox.tables.cells import Cells


def _pod(obj: KubeObject, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    statuses = status.get("containerStatuses") or []
    ready = sum(1 for each in statuses if each.get("ready"))
    sidecars = [each for each in spec.get("initContainers") or () if each.get("restartPolicy") == "Always"]
    total = len(spec.get("containers") or ()) + len(sidecars)
    gates = spec.get("readinessGates") or []
    return [
        cells.name(obj),
        f"{ready}/{total}",
        word(obj),
        _restarts(status, now),
        cells.age(obj, now),
        status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        f"{_fulfilled(gates, status)}/{len(gates)}" if gates else "<none>",
    ]


def word(obj: KubeObject) -> str:
    """The state as `kubectl get pods` names it."""
    status = obj.get("status") or {}
    shown = str(status.get("reason") or status.get("phase") or "Unknown")
    starting = _starting(obj, status)
    shown = starting or _of_containers(status.get("containerStatuses") or [], status, shown)
    if obj["metadata"].get("deletionTimestamp"):
        return "Unknown" if status.get("reason") == "NodeLost" else "Terminating"
    return shown


def _starting(obj: KubeObject, status: Mapping[str, Any]) -> str:
    """Which init container is at work or has failed; "" once all are done."""
    statuses = status.get("initContainerStatuses") or []
    total = len((obj.get("spec") or {}).get("initContainers") or ())
    for index, each in enumerate(statuses):
        state = each.get("state") or {}
        ended = state.get("terminated")
        if (ended is not None and ended.get("exitCode") == 0) or each.get("started") is True:
            continue
        if ended is not None:
            return f"Init:{ended.get('reason') or _exit(ended)}"
        waiting = (state.get("waiting") or {}).get("reason") or ""
        return f"Init:{waiting}" if waiting and waiting != "PodInitializing" else f"Init:{index}/{total}"
    return ""


def _of_containers(statuses: list[dict[str, Any]], status: Mapping[str, Any], shown: str) -> str:
    runs = False
    for each in reversed(statuses):
        state = each.get("state") or {}
        ended = state.get("terminated")
        waiting = (state.get("waiting") or {}).get("reason")
        if waiting:
            shown = waiting
        elif ended is not None:
            shown = ended.get("reason") or _exit(ended)
        elif each.get("ready") and state.get("running") is not None:
            runs = True
    if shown == "Completed" and runs:
        conditions = status.get("conditions") or ()
        is_ready = any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions)
        return "Running" if is_ready else "NotReady"
    return shown


def _exit(ended: Mapping[str, Any]) -> str:
    return f"Signal:{ended['signal']}" if ended.get("signal") else f"ExitCode:{ended.get('exitCode', 0)}"


def _restarts(status: Mapping[str, Any], now: datetime) -> str:
    statuses = status.get("containerStatuses") or []
    count = sum(int(each.get("restartCount") or 0) for each in statuses)
    ends = [((each.get("lastState") or {}).get("terminated") or {}).get("finishedAt") for each in statuses]
    last = max((end for end in ends if end), default=None)
    return f"{count} ({cells.since(last, now)} ago)" if count and last else str(count)


def _fulfilled(gates: list[dict[str, Any]], status: Mapping[str, Any]) -> int:
    true = {each.get("type") for each in status.get("conditions") or () if each.get("status") == "True"}
    return sum(1 for gate in gates if gate.get("conditionType") in true)


CELLS: Final[Mapping[tuple[str, str], Cells]] = {("", "Pod"): _pod}
