"""Single kinds of operators whose status is read in a way of their own."""

from __future__ import annotations

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
    text,
    unknown,
)
from holdfast.engine.health.standard_conditions import ConditionRule
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, kind_of

_NUMAPLANE = ConditionRule(
    ready=("ChildResourceDeployed", "ChildResourcesHealthy"),
    busy_reasons=frozenset({"Progressing"}),
    observed=True,
    waiting="Not yet reconciled",
)
_STORAGE_CLUSTER = ConditionRule(
    ready=("Available",), failed=("Degraded",), busy=("Progressing",), waiting="Waiting for status"
)


def volume_snapshot(obj: KubeObject) -> HealthReport:
    """VolumeSnapshot and VolumeSnapshotContent."""
    if at(obj, "status", "error"):
        return degraded(text(obj, "status", "error", "message"))
    return healthy("Ready to use") if at(obj, "status", "readyToUse") is True else progressing("Waiting for status")


def rabbitmq_object(obj: KubeObject) -> HealthReport:
    ready = condition(obj, "Ready")
    what = f"RabbitMQ {kind_of(obj).lower()}"
    if ready.get("status") == "True":
        return healthy(f"{what} ready")
    if ready.get("status") == "False":
        return degraded(text(ready, "message") or f"{what} failed to be created or updated")
    return unknown(f"{what} status is unknown")


def rabbitmq_cluster(obj: KubeObject) -> HealthReport:
    reconciled = condition(obj, "ReconcileSuccess")
    if reconciled.get("status") == "False":
        return degraded(text(reconciled, "message"))
    for kind in ("ClusterAvailable", "AllReplicasReady"):
        if condition(obj, kind).get("status") != "True":
            return progressing("Waiting for RabbitMQ cluster formation")
    return healthy("RabbitMQ cluster ready")


def victoria_metrics(obj: KubeObject) -> HealthReport:
    status = text(obj, "status", "updateStatus")
    if not status or not is_observed(obj):
        return progressing("Waiting for the operator to reconcile")
    match status:
        case "operational":
            return healthy("All components are operational")
        case "failed":
            return degraded(text(obj, "status", "reason"))
        case "paused":
            return suspended("Reconciliation is paused")
        case _:
            return progressing("Reconciliation in progress")


def confluent_connector(obj: KubeObject) -> HealthReport:
    failed = condition(obj, "platform.confluent.io/app-ready")
    if text(obj, "status", "state") in ("ERROR", "FAILED") or failed.get("status") == "False":
        return degraded(text(failed, "message") or "Connector failed")
    if count(obj, "status", "failedTasksCount") or text(obj, "status", "connectorState") == "FAILED":
        return degraded("Connector has failed tasks")
    return healthy("Connector running") if text(obj, "status", "connectorState") == "RUNNING" else progressing()


def operator_policy(obj: KubeObject) -> HealthReport:
    if not at(obj, "status"):
        return progressing("Waiting for the status to be reported")
    if not is_observed(obj):
        return progressing("Waiting for the status to be updated")
    compliant = condition(obj, "Compliant")
    if not compliant:
        return progressing("Waiting for the compliance condition")
    report = healthy if compliant.get("status") == "True" else degraded
    return report(text(compliant, "message"))


def karmada_binding(obj: KubeObject) -> HealthReport:
    placed = rows(obj, "status", "aggregatedStatus")
    wanted = len(rows(obj, "spec", "clusters"))
    if not wanted or len(placed) < wanted:
        return progressing("Current resource status is insufficient")
    for row in placed:
        if row.get("applied") is not True or row.get("health") == "Unhealthy":
            return degraded("Current resource status is unhealthy")
    return healthy()


def gardener_shoot(obj: KubeObject) -> HealthReport:
    if at(obj, "spec", "hibernation", "enabled") is True:
        return suspended("Component state: Hibernated")
    if not rows(obj, "status", "conditions"):
        return degraded("Component state: Unhealthy")
    if condition(obj, "APIServerAvailable").get("status") != "True":
        return progressing("Component state: Update in progress")
    if all(row.get("status") == "True" for row in rows(obj, "status", "conditions")):
        return healthy("Component state: Healthy")
    return unknown("Component state: Unknown")


def keptn_metric(obj: KubeObject) -> HealthReport:
    if text(obj, "status", "errMsg"):
        return degraded("KeptnMetric is degraded")
    return (
        healthy("KeptnMetric is healthy") if text(obj, "status", "value") else progressing("KeptnMetric is progressing")
    )


def keptn_analysis(obj: KubeObject) -> HealthReport:
    if text(obj, "status", "state") != "Completed":
        return progressing("Analysis is in progress")
    if at(obj, "status", "pass") is True:
        return healthy("Analysis passed")
    return (
        healthy("Analysis passed with a warning")
        if at(obj, "status", "warning") is True
        else degraded("Analysis failed")
    )


def dns_sd_instance(obj: KubeObject) -> HealthReport:
    for kind in ("Adopted", "Advertised"):
        row = condition(obj, kind)
        if row.get("status") == "False":
            return degraded(text(row, "message"))
    found = condition(obj, "Discoverable")
    if found.get("status") == "True":
        return healthy(text(found, "message"))
    if found.get("status") == "Unknown":
        return unknown(text(found, "message"))
    return progressing(text(found, "message"))


def numaplane_rollout(obj: KubeObject) -> HealthReport:
    if not is_observed(obj) or not at(obj, "status"):
        return progressing("Not yet reconciled")
    if condition(obj, "ProgressiveUpgradeSucceeded").get("status") == "False":
        return degraded("Progressive upgrade failed")
    if text(obj, "status", "phase") == "Pending" and text(obj, "status", "upgradeInProgress"):
        return progressing("Update in progress")
    if condition(obj, "MonoVertexPausingOrPaused").get("reason") == "MonoVertexPaused":
        return healthy("MonoVertex paused")
    return _NUMAPLANE.judge(obj)


def storage_cluster(obj: KubeObject) -> HealthReport:
    return _STORAGE_CLUSTER.judge(obj)


def cnpg_cluster(obj: KubeObject) -> HealthReport:
    if text(obj, "metadata", "annotations", "cnpg.io/hibernation") == "on":
        return suspended("Cluster is hibernated")
    phase = text(obj, "status", "phase")
    words = text(obj, "status", "phaseReason") or phase
    if phase == "Cluster in healthy state":
        return healthy(words)
    stuck = ("Unable to create required cluster objects", "Waiting for user action", "Not enough disk space")
    if phase.startswith(stuck) or "fail" in phase.lower() or phase.startswith("Cluster is unrecoverable"):
        return degraded(words)
    return progressing(words or "Waiting for Cluster")


def operator_subscription(obj: KubeObject) -> HealthReport:
    """OLM's Subscription."""
    for row in rows(obj, "status", "conditions"):
        if row.get("status") == "True" and row.get("type") in ("InstallPlanFailed", "CatalogSourcesUnhealthy"):
            return degraded(text(row, "message") or text(row, "reason"))
    if condition(obj, "InstallPlanPending").get("status") == "True":
        plan_is_manual = condition(obj, "InstallPlanPending").get("reason") == "RequiresApproval"
        waiting = "An install plan for a subscription is pending"
        return suspended(waiting) if plan_is_manual else progressing(waiting)
    if text(obj, "status", "state") == "AtLatestKnown":
        return healthy("Subscription is at the latest known version")
    return progressing("Waiting for Subscription")
