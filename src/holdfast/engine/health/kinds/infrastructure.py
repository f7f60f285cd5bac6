"""Service, Ingress, PersistentVolumeClaim, APIService and CustomResourceDefinition."""

from __future__ import annotations

from holdfast.engine.health.reading import (
    at,
    condition,
    degraded,
    healthy,
    progressing,
    rows,
    table,
    text,
    unknown,
)
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, is_being_deleted


def service(obj: KubeObject) -> HealthReport:
    if text(obj, "spec", "type") == "LoadBalancer" and not rows(obj, "status", "loadBalancer", "ingress"):
        return progressing()
    return healthy()


def ingress(obj: KubeObject) -> HealthReport:
    return healthy() if rows(obj, "status", "loadBalancer", "ingress") else progressing()


def persistent_volume_claim(obj: KubeObject) -> HealthReport:
    match text(obj, "status", "phase"):
        case "Bound":
            return healthy()
        case "Pending":
            return progressing()
        case "Lost":
            return degraded()
        case _:
            return unknown()


def api_service(obj: KubeObject) -> HealthReport:
    available = condition(obj, "Available")
    if not available:
        return progressing("Waiting to be processed")
    words = f"{text(available, 'reason')}: {text(available, 'message')}"
    return healthy(words) if available.get("status") == "True" else progressing(words)


def custom_resource_definition(obj: KubeObject) -> HealthReport:
    if is_being_deleted(obj):
        return progressing("CRD is terminating")
    if not table(obj, "status") or not at(obj, "status", "conditions"):
        return progressing("Status conditions not found")
    if condition(obj, "Terminating").get("status") == "True":
        return progressing(f"CRD is terminating: {text(condition(obj, 'Terminating'), 'message')}")
    if condition(obj, "NamesAccepted").get("status") == "False":
        return degraded(f"CRD names have not been accepted: {text(condition(obj, 'NamesAccepted'), 'message')}")
    established = condition(obj, "Established")
    if established.get("status") != "True":
        if established.get("reason") == "Installing":
            return progressing("CRD is being installed")
        return degraded("CRD is not established")
    if condition(obj, "NonStructuralSchema").get("status") == "True":
        return degraded(f"Schema violations found: {text(condition(obj, 'NonStructuralSchema'), 'message')}")
    return healthy("CRD is healthy")
