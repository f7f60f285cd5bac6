"""The cells of Pods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from holdfast.engine.kube import pod_words
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
        pod_words.word(obj),
        _restarts(status, now),
        cells.age(obj, now),
        status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        f"{_fulfilled(gates, status)}/{len(gates)}" if gates else "<none>",
    ]


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
