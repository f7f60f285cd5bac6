"""HorizontalPodAutoscaler and PodDisruptionBudget."""

from __future__ import annotations

import json
from typing import Any

from holdfast.engine.health.reading import degraded, healthy, progressing, rows, text
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, annotations_of

_BROKEN = frozenset(
    {
        ("AbleToScale", "FailedGetScale"),
        ("AbleToScale", "FailedUpdateScale"),
        ("ScalingActive", "FailedGetResourceMetric"),
        ("ScalingActive", "InvalidSelector"),
    }
)
_WORKING = frozenset({"AbleToScale", "ScalingActive", "ScalingLimited"})
_V1_CONDITIONS = "autoscaling.alpha.kubernetes.io/conditions"


def horizontal_pod_autoscaler(obj: KubeObject) -> HealthReport:
    found = rows(obj, "status", "conditions") or _conditions_of_v1(obj)
    for row in found:
        if row.get("status") == "False" and (row.get("type"), row.get("reason")) in _BROKEN:
            return degraded(text(row, "message"))
    for row in found:
        if row.get("status") == "True" and row.get("type") in _WORKING:
            return healthy(text(row, "message"))
    return progressing("Waiting to Autoscale")


def _conditions_of_v1(obj: KubeObject) -> list[dict[str, Any]]:
    """Version autoscaling/v1 keeps its conditions as JSON in an annotation."""
    try:
        parsed = json.loads(annotations_of(obj).get(_V1_CONDITIONS) or "[]")
    except ValueError:
        return []
    return [row for row in parsed if isinstance(row, dict)] if isinstance(parsed, list) else []


def pod_disruption_budget(obj: KubeObject) -> HealthReport:
    """A budget that allows no disruption right now is no fault of its own; one that cannot be computed is."""
    reasons = [
        text(row, "reason") for row in rows(obj, "status", "conditions") if row.get("type") == "DisruptionAllowed"
    ]
    if not reasons:
        return progressing("Waiting for status")
    if "SyncFailed" in reasons:
        return degraded("PodDisruptionBudget has SyncFailed")
    return healthy(f"PodDisruptionBudget has {reasons[0]}")
