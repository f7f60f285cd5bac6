"""Routes of the Gateway API, Contour's HTTPProxy, Gloo's resources and OpenShift's Route."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holdfast.engine.health.reading import (
    at,
    condition,
    count,
    degraded,
    healthy,
    is_observed,
    progressing,
    rows,
    suspended,
    table,
    text,
)
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, kind_of, metadata_of


def attached_to_parents(obj: KubeObject) -> HealthReport:
    """HTTPRoute and its kin: every parent must accept it and resolve what it refers to."""
    parents = rows(obj, "status", "parents") or rows(obj, "status", "ancestors")
    if not parents:
        return progressing(f"Waiting for a parent to accept the {kind_of(obj)}")
    waiting = ""
    for parent in parents:
        for row in rows(parent, "conditions"):
            if count(row, "observedGeneration") < count(metadata_of(obj), "generation"):
                waiting = waiting or f"Waiting for {text(row, 'type')} of the present {kind_of(obj)}"
            elif row.get("type") in ("Accepted", "ResolvedRefs") and row.get("status") == "False":
                words = f"{text(parent, 'parentRef', 'name')}: {text(row, 'message') or text(row, 'reason')}"
                if row.get("reason") != "Pending":
                    return degraded(words)
                waiting = waiting or words
    return progressing(waiting) if waiting else healthy(f"{kind_of(obj)} is healthy")


def http_proxy(obj: KubeObject) -> HealthReport:
    # A proxy that only includes others reports their faults as its own.
    if rows(obj, "spec", "includes"):
        return healthy("HTTPProxy inclusions cannot be health checked")
    if text(obj, "status", "currentStatus") == "NotReconciled":
        return progressing(text(obj, "status", "description"))
    valid = condition(obj, "Valid")
    if not valid or count(valid, "observedGeneration") != count(metadata_of(obj), "generation"):
        return progressing("Waiting for status")
    return healthy(text(valid, "message")) if valid.get("status") == "True" else degraded(text(valid, "message"))


def gloo(obj: KubeObject) -> HealthReport:
    """Older versions have one status and numbers for words, newer ones a status for each namespace."""
    statuses = list(_gloo_statuses(obj))
    for status in statuses:
        if text(status, "state") in ("Rejected", "2", "Warning", "3"):
            return degraded(text(status, "reason"))
    for status in statuses:
        if text(status, "state") in ("Pending", "0"):
            return suspended("The resource has not yet been validated")
    return healthy("The resource has been validated") if statuses else progressing("Update in progress")


def _gloo_statuses(obj: KubeObject) -> Iterator[dict[str, Any]]:
    if at(obj, "status", "state") is not None:
        yield table(obj, "status")
    for status in table(obj, "status", "statuses").values():
        if isinstance(status, dict):
            yield status


def openshift_route(obj: KubeObject) -> HealthReport:
    for ingress in rows(obj, "status", "ingress"):
        for row in rows(ingress, "conditions"):
            if row.get("type") == "Admitted" and row.get("status") != "True":
                words = text(row, "message") or text(row, "reason")
                return degraded(words) if row.get("status") == "False" else progressing(words)
    if rows(obj, "status", "ingress"):
        return healthy("Route is healthy")
    return progressing("Route is still getting provisioned")


def openshift_ingress_controller(obj: KubeObject) -> HealthReport:
    for kind in ("Degraded", "LoadBalancerReady", "DNSReady"):
        row = condition(obj, kind)
        bad = "True" if kind == "Degraded" else "False"
        if row.get("status") == bad:
            return degraded(text(row, "message"))
    available = condition(obj, "Available")
    if available.get("status") == "True" and is_observed(obj):
        return healthy(text(available, "message"))
    return progressing(text(available, "message") or "Status conditions not found")
