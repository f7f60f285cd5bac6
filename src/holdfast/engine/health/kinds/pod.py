"""Pod: a pod that must run for ever is judged by its containers, one that ends by its phase."""

from __future__ import annotations

from typing import Any

from holdfast.engine.health.reading import at, condition, count, degraded, healthy, progressing, rows, text, unknown
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import Annotation


def pod(obj: KubeObject) -> HealthReport:
    message = text(obj, "status", "message")
    stays = _must_stay(obj)
    if stays:
        stuck = [row for row in rows(obj, "status", "containerStatuses") if _is_stuck(row)]
        if stuck:
            return degraded(", ".join(text(row, "state", "waiting", "message") for row in stuck))
    match text(obj, "status", "phase"):
        case "Pending":
            return progressing(message)
        case "Succeeded":
            return healthy(message)
        case "Failed":
            return degraded(message or _why_it_failed(obj))
        case "Running":
            return _running(obj, message) if stays else progressing(message)
        case _:
            return unknown(message)


def _must_stay(obj: KubeObject) -> bool:
    if annotations_of(obj).get(Annotation.IGNORE_RESTART_POLICY) == "true":
        return True
    return text(obj, "spec", "restartPolicy") in ("", "Always")


def _is_stuck(status: dict[str, Any]) -> bool:
    reason = text(status, "state", "waiting", "reason")
    return reason.startswith("Err") or reason.endswith(("Error", "BackOff"))


def _running(obj: KubeObject, message: str) -> HealthReport:
    if condition(obj, "Ready").get("status") == "True":
        return healthy(message)
    if any(at(row, "lastState", "terminated") for row in rows(obj, "status", "containerStatuses")):
        return degraded(message)
    return progressing(message)


def _why_it_failed(obj: KubeObject) -> str:
    statuses = rows(obj, "status", "initContainerStatuses") + rows(obj, "status", "containerStatuses")
    for status in statuses:
        if text(status, "state", "terminated", "message"):
            return text(status, "state", "terminated", "message")
        if text(status, "state", "terminated", "reason") == "OOMKilled":
            return "OOMKilled"
        code = count(status, "state", "terminated", "exitCode")
        if code:
            return f'container "{text(status, "name")}" failed with exit code {code}'
    return ""
