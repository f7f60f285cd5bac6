"""Managed resources of Crossplane, Upbound, AWS Controllers for Kubernetes and Google's Config Connector."""

from __future__ import annotations

from holdfast.engine.health.reading import condition, degraded, healthy, progressing, rows, suspended, text
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject

_BROKEN_WHEN_FALSE = ("Synced", "LastAsyncOperation")
_WELL_WHEN_TRUE = ("Ready", "Healthy", "Offered", "Established", "ValidPipeline", "RevisionHealthy")
_HAS_NO_STATUS = frozenset(
    {
        "Composition",
        "CompositionRevision",
        "DeploymentRuntimeConfig",
        "ClusterProviderConfig",
        "ProviderConfig",
        "ProviderConfigUsage",
        "ControllerConfig",
    }
)
_CONFIG_CONNECTOR_ERRORS = frozenset(
    {"UpdateFailed", "DeleteFailed", "ManagementConflict", "DependencyInvalid", "DependencyNotFound"}
)


def managed_resource(obj: KubeObject) -> HealthReport:
    if text(obj, "kind") in _HAS_NO_STATUS:
        return healthy("Resource is up-to-date.")
    for kind in _BROKEN_WHEN_FALSE:
        row = condition(obj, kind)
        if row.get("status") == "False":
            if row.get("reason") == "ReconcilePaused":
                return suspended("ReconcilePaused")
            return degraded(text(row, "message") or text(row, "reason"))
    for kind in _WELL_WHEN_TRUE:
        row = condition(obj, kind)
        if row.get("status") == "True":
            return healthy(text(row, "reason"))
    return progressing("Provisioning ...")


def ack_resource(obj: KubeObject) -> HealthReport:
    for kind in ("ACK.Terminal", "ACK.Recoverable"):
        row = condition(obj, kind)
        if row.get("status") == "True":
            return degraded(text(row, "message"))
    synced = condition(obj, "ACK.ResourceSynced") or condition(obj, "Ready")
    return healthy() if synced.get("status") == "True" else progressing(text(synced, "message"))


def config_connector_resource(obj: KubeObject) -> HealthReport:
    if not rows(obj, "status", "conditions"):
        return progressing("Update in progress")
    ready = condition(obj, "Ready")
    words = text(ready, "message")
    if ready.get("status") == "True":
        return healthy(words)
    return degraded(words) if text(ready, "reason") in _CONFIG_CONNECTOR_ERRORS else progressing(words)
