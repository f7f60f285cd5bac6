"""Built-in kinds that are served in a second shape: HorizontalPodAutoscaler v1, Event of events.k8s.io."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
from msgspec import Struct

_METRICS: Final = "autoscaling.alpha.kubernetes.io/metrics"
_CONDITIONS: Final = "autoscaling.alpha.kubernetes.io/conditions"
_BEHAVIOR: Final = "autoscaling.alpha.kubernetes.io/behavior"


class Conversion(Struct, frozen=True):
    """From the shape that is kept, and back. Both give new objects."""

    from_storage: Callable[[dict[str, Any]], dict[str, Any]]
    to_storage: Callable[[dict[str, Any]], dict[str, Any]]


def _is_cpu_utilization(metric: dict[str, Any]) -> bool:
    resource = metric.get("resource") or {}
    target = resource.get("target") or {}
    return metric.get("type") == "Resource" and resource.get("name") == "cpu" and target.get("type") == "Utilization"


def _hpa_v1(obj: dict[str, Any]) -> dict[str, Any]:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    annotations = dict(obj["metadata"].get("annotations") or {})
    metrics = spec.pop("metrics", None) or []
    cpu = next((metric for metric in metrics if _is_cpu_utilization(metric)), None)
    if cpu is not None:
        spec["targetCPUUtilizationPercentage"] = cpu["resource"]["target"].get("averageUtilization")
    others = [metric for metric in metrics if metric is not cpu]
    behavior = spec.pop("behavior", None)
    conditions = status.pop("conditions", None)
    status.pop("currentMetrics", None)
    for name, value in ((_METRICS, others), (_BEHAVIOR, behavior), (_CONDITIONS, conditions)):
        if value:
            annotations[name] = orjson.dumps(value).decode()
    metadata = {**obj["metadata"]}
    if annotations:
        metadata["annotations"] = annotations
    status.setdefault("currentReplicas", 0)
    status.setdefault("desiredReplicas", 0)
    return {**obj, "metadata": metadata, "spec": spec, "status": status}


def _hpa_v2(obj: dict[str, Any]) -> dict[str, Any]:
    spec, status = dict(obj.get("spec") or {}), dict(obj.get("status") or {})
    metadata = dict(obj.get("metadata") or {})
    annotations = dict(metadata.get("annotations") or {})
    metrics: list[Any] = _loaded(annotations.pop(_METRICS, "")) or []
    behavior = _loaded(annotations.pop(_BEHAVIOR, ""))
    conditions = _loaded(annotations.pop(_CONDITIONS, ""))
    utilization = spec.pop("targetCPUUtilizationPercentage", None)
    if utilization is not None:
        target = {"type": "Utilization", "averageUtilization": utilization}
        metrics = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}, *metrics]
    if metrics:
        spec["metrics"] = metrics
    if behavior:
        spec["behavior"] = behavior
    if conditions:
        status["conditions"] = conditions
    if annotations:
        metadata["annotations"] = annotations
    else:
        metadata.pop("annotations", None)
    return {**obj, "metadata": metadata, "spec": spec, "status": status}


def _loaded(text: str) -> Any:
    try:
        return orjson.loads(text) if text else None
    except orjson.JSONDecodeError:
        return None


_EVENT_FIELDS: Final = {
    "involvedObject": "regarding",
    "message": "note",
    "reportingComponent": "reportingController",
    "source": "deprecatedSource",
    "firstTimestamp": "deprecatedFirstTimestamp",
    "lastTimestamp": "deprecatedLastTimestamp",
    "count": "deprecatedCount",
}
_CORE_EVENT_FIELDS: Final = {new: old for old, new in _EVENT_FIELDS.items()}
_EMPTY_EVENT: Final[Mapping[str, Any]] = {
    "source": {},
    "firstTimestamp": None,
    "lastTimestamp": None,
    "eventTime": None,
    "reportingComponent": "",
    "reportingInstance": "",
}


def _new_event(obj: dict[str, Any]) -> dict[str, Any]:
    renamed = {_EVENT_FIELDS.get(key, key): value for key, value in obj.items()}
    return {key: value for key, value in renamed.items() if value != "" or not key.startswith("reporting")}


def _core_event(obj: dict[str, Any]) -> dict[str, Any]:
    return {**_EMPTY_EVENT, **{_CORE_EVENT_FIELDS.get(key, key): value for key, value in obj.items()}}


CONVERSIONS: Final[Mapping[tuple[str, str, str], Conversion]] = {
    ("autoscaling", "v1", "HorizontalPodAutoscaler"): Conversion(_hpa_v1, _hpa_v2),
    ("events.k8s.io", "v1", "Event"): Conversion(_new_event, _core_event),
}
"""By group, version and kind as they are asked for."""
