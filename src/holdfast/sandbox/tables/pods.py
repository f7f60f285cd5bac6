"""The cells of Pods."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from holdfast.engine.kube.pod_columns import PodColumns, columns_of
from holdfast.model.kube import KubeObject
from holdfast.sandbox.tables import cells
from holdfast.sandbox.tables.cells import Cells


def _pod(obj: KubeObject, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    columns = columns_of(obj)
    gates = spec.get("readinessGates") or []
    return [
        cells.name(obj),
        f"{columns.ready}/{columns.containers}",
        columns.status,
        _restarts(columns, now),
        cells.age(obj, now),
        status.get("podIP") or "<none>",
        spec.get("nodeName") or "<none>",
        status.get("nominatedNodeName") or "<none>",
        f"{_fulfilled(gates, status)}/{len(gates)}" if gates else "<none>",
    ]


def _restarts(columns: PodColumns, now: datetime) -> str:
    if not columns.restarts or columns.last_restart is None:
        return str(columns.restarts)
    return f"{columns.restarts} ({cells.since(columns.last_restart, now)} ago)"


def _fulfilled(gates: list[dict[str, Any]], status: Mapping[str, Any]) -> int:
    true = {each.get("type") for each in status.get("conditions") or () if each.get("status") == "True"}
    return sum(1 for gate in gates if gate.get("conditionType") in true)


CELLS: Final[Mapping[tuple[str, str], Cells]] = {("", "Pod"): _pod}
