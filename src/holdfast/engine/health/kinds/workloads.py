"""Deployment, StatefulSet, ReplicaSet and DaemonSet: has the controller seen the spec, and are the pods there?

Source of the order of the questions and of the words: Argo CD, gitops-engine/pkg/health
"""

from __future__ import annotations

from holdfast.engine.health.reading import at, condition, count, degraded, healthy, progressing, suspended, text
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject, metadata_of, name_of


def _is_stale(obj: KubeObject) -> bool:
    return count(metadata_of(obj), "generation") > count(obj, "status", "observedGeneration")


def deployment(obj: KubeObject) -> HealthReport:
    if at(obj, "spec", "paused"):
        return suspended("Deployment is paused")
    if _is_stale(obj):
        return progressing("Waiting for rollout to finish: observed deployment generation less than desired generation")
    if condition(obj, "Progressing").get("reason") == "ProgressDeadlineExceeded":
        return degraded(f'Deployment "{name_of(obj)}" exceeded its progress deadline')
    wanted = count(obj, "spec", "replicas")
    replicas = count(obj, "status", "replicas")
    updated = count(obj, "status", "updatedReplicas")
    available = count(obj, "status", "availableReplicas")
    if updated < wanted:
        return progressing(
            f"Waiting for rollout to finish: {updated} out of {wanted} new replicas have been updated..."
        )
    if replicas > updated:
        return progressing(
            f"Waiting for rollout to finish: {replicas - updated} old replicas are pending termination..."
        )
    if available < updated:
        return progressing(f"Waiting for rollout to finish: {available} of {updated} updated replicas are available...")
    return healthy()


def stateful_set(obj: KubeObject) -> HealthReport:
    if not count(obj, "status", "observedGeneration") or _is_stale(obj):
        return progressing("Waiting for statefulset spec update to be observed...")
    wanted = count(obj, "spec", "replicas")
    ready = count(obj, "status", "readyReplicas")
    updated = count(obj, "status", "updatedReplicas")
    if ready < wanted:
        return progressing(f"Waiting for {wanted - ready} pods to be ready...")
    strategy = text(obj, "spec", "updateStrategy", "type")
    if strategy == "RollingUpdate" and at(obj, "spec", "updateStrategy", "rollingUpdate") is not None:
        expected = wanted - count(obj, "spec", "updateStrategy", "rollingUpdate", "partition")
        if updated < expected:
            return progressing(
                f"Waiting for partitioned roll out to finish: {updated} out of {expected} new pods have been updated..."
            )
        return healthy(f"partitioned roll out complete: {updated} new pods have been updated...")
    if strategy == "OnDelete":
        return healthy(f"statefulset has {ready} ready pods")
    wanted_revision = text(obj, "status", "updateRevision")
    current_revision = text(obj, "status", "currentRevision")
    if wanted_revision != current_revision:
        return progressing(
            f"waiting for statefulset rolling update to complete {updated} pods at revision {wanted_revision}..."
        )
    current = count(obj, "status", "currentReplicas")
    return healthy(f"statefulset rolling update complete {current} pods at revision {current_revision}...")


def replica_set(obj: KubeObject) -> HealthReport:
    if _is_stale(obj):
        return progressing(
            "Waiting for rollout to finish: observed replica set generation less than desired generation"
        )
    failure = condition(obj, "ReplicaFailure")
    if failure.get("status") == "True":
        return degraded(text(failure, "message"))
    wanted = count(obj, "spec", "replicas")
    available = count(obj, "status", "availableReplicas")
    if available < wanted:
        return progressing(f"Waiting for rollout to finish: {available} out of {wanted} new replicas are available...")
    return healthy()


def daemon_set(obj: KubeObject) -> HealthReport:
    if _is_stale(obj):
        return progressing("Waiting for rollout to finish: observed daemon set generation less than desired generation")
    wanted = count(obj, "status", "desiredNumberScheduled")
    updated = count(obj, "status", "updatedNumberScheduled")
    available = count(obj, "status", "numberAvailable")
    if text(obj, "spec", "updateStrategy", "type") == "OnDelete":
        return healthy(f"daemon set {updated} out of {wanted} new pods have been updated")
    waiting = f'Waiting for daemon set "{name_of(obj)}" rollout to finish'
    if updated < wanted:
        return progressing(f"{waiting}: {updated} out of {wanted} new pods have been updated...")
    if available < wanted:
        return progressing(f"{waiting}: {available} of {wanted} updated pods are available...")
    return healthy()
