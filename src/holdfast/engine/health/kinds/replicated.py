"""Workloads of others that count replicas: OpenKruise, OpenShift, Solr, ZooKeeper, OpenTelemetry."""

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
    table,
    text,
)
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, kind_of


def kruise_workload(obj: KubeObject) -> HealthReport:
    """CloneSet, StatefulSet and DaemonSet of apps.kruise.io."""
    if at(obj, "spec", "updateStrategy", "paused") or at(obj, "spec", "updateStrategy", "rollingUpdate", "paused"):
        return suspended(f"{kind_of(obj)} is paused")
    if not table(obj, "status") or not is_observed(obj):
        return progressing(f"Waiting for {kind_of(obj)} spec update to be observed")
    wanted = count(obj, "status", "desiredNumberScheduled", default=count(obj, "spec", "replicas"))
    updated = count(obj, "status", "updatedNumberScheduled", default=count(obj, "status", "updatedReplicas"))
    ready = count(obj, "status", "numberAvailable", default=count(obj, "status", "readyReplicas"))
    if updated < wanted:
        return progressing(f"Waiting for {kind_of(obj)}: {updated} out of {wanted} pods have been updated")
    if ready < wanted:
        return progressing(f"Waiting for {kind_of(obj)}: {ready} out of {wanted} pods are ready")
    return healthy(f"{kind_of(obj)} has {ready} updated pods")


def kruise_cron_job(obj: KubeObject) -> HealthReport:
    if at(obj, "spec", "paused") is True:
        return suspended("AdvancedCronJob is Paused")
    if rows(obj, "status", "active"):
        return progressing("AdvancedCronJobs has active jobs")
    if not text(obj, "status", "lastScheduleTime"):
        return degraded("AdvancedCronJobs has not run successfully")
    return healthy("AdvancedCronJobs has run successfully")


def kruise_broadcast_job(obj: KubeObject) -> HealthReport:
    if at(obj, "spec", "paused") is True:
        return suspended("BroadcastJob is Paused")
    wanted = count(obj, "status", "desired")
    if wanted and count(obj, "status", "succeeded") == wanted:
        return healthy("BroadcastJob is completed successfully")
    if count(obj, "status", "failed"):
        return degraded(f"BroadcastJob has {count(obj, 'status', 'failed')} failed pods")
    return progressing(f"BroadcastJob is still running: {count(obj, 'status', 'active')} active")


def kruise_rollout(obj: KubeObject) -> HealthReport:
    if not is_observed(obj):
        return progressing("Rollout is still progressing")
    phase = text(obj, "status", "phase")
    step = text(obj, "status", "canaryStatus", "currentStepState") or text(
        obj, "status", "blueGreenStatus", "currentStepState"
    )
    if phase == "Healthy":
        return healthy("Rollout is Completed")
    if phase in ("Disabled", "Terminating"):
        return degraded("Rollout is Disabled or Terminating")
    if step == "StepPaused":
        return suspended("Rollout is Paused need manual intervention")
    return progressing("Rollout is still progressing")


def deployment_config(obj: KubeObject) -> HealthReport:
    progress = condition(obj, "Progressing")
    available = condition(obj, "Available")
    if progress.get("reason") == "NewReplicationControllerAvailable":
        return healthy("replication controller successfully rolled out")
    if available.get("status") == "False" or progress.get("status") == "False":
        return degraded("Deployment config is degraded")
    return progressing("replication controller is waiting for pods to run")


def solr_cloud(obj: KubeObject) -> HealthReport:
    nodes = rows(obj, "status", "solrNodes")
    if not nodes:
        return progressing("Waiting for solr to exist")
    if count(obj, "status", "readyReplicas") < count(obj, "status", "replicas") or not all(
        node.get("ready") is True for node in nodes
    ):
        return progressing("Not all replicas are ready")
    return healthy("Solr is ready")


def zookeeper_cluster(obj: KubeObject) -> HealthReport:
    ready = count(obj, "status", "readyReplicas")
    if ready and ready == count(obj, "status", "replicas"):
        return healthy("All ZK Nodes have joined the ensemble")
    return progressing("Waiting for ZK Nodes to join the ensemble")


def open_telemetry_collector(obj: KubeObject) -> HealthReport:
    if text(obj, "spec", "mode") == "sidecar":
        return healthy("Collector is running in sidecar mode")
    ready, _, wanted = text(obj, "status", "scale", "statusReplicas").partition("/")
    if not (ready.isdecimal() and wanted.isdecimal()):
        return progressing("Waiting for OpenTelemetryCollector status")
    if int(ready) >= int(wanted):
        return healthy("All replicas are ready" if int(wanted) else "DaemonSet has no eligible nodes (0/0)")
    return progressing("Replicas are starting up") if int(ready) else degraded("No replicas are ready")


def game_server_set(obj: KubeObject) -> HealthReport:
    """Servers under maintenance or waiting for their players to leave are not missed."""
    wanted = count(obj, "spec", "replicas")
    if not is_observed(obj) or not at(obj, "status"):
        return progressing("Waiting for GameServerSet to be observed")
    partition = count(obj, "spec", "updateStrategy", "rollingUpdate", "partition")
    updated = count(obj, "status", "updatedReplicas")
    if updated < wanted - partition:
        return progressing(f"{updated} of {wanted - partition} game servers are updated")
    ready = count(obj, "status", "readyReplicas")
    excused = count(obj, "status", "maintainingReplicas") + count(obj, "status", "waitToBeDeletedReplicas")
    if ready + excused < wanted:
        return progressing(f"{ready} of {wanted} game servers are ready")
    return healthy(f"{ready} of {wanted} game servers are ready")


def rook_cassandra_cluster(obj: KubeObject) -> HealthReport:
    """Every rack of the datacenter has as many ready members as it wants."""
    racks = rows(obj, "spec", "datacenter", "racks")
    for rack in racks:
        name, wanted = text(rack, "name"), count(rack, "members")
        ready = count(obj, "status", "racks", name, "readyMembers")
        if ready < wanted or count(obj, "status", "racks", name, "members") != wanted:
            return progressing(f"{ready} of {wanted} members of rack {name} are ready")
    return healthy("All members are ready") if racks else progressing("Waiting for Cluster")
