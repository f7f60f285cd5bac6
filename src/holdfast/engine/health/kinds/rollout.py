"""Rollout: its own phase where it gives one, its replicas and conditions where an older controller does not."""

from __future__ import annotations

from holdfast.engine.health.reading import (
    at,
    condition,
    count,
    degraded,
    healthy,
    progressing,
    rows,
    suspended,
    table,
    text,
)
from holdfast.model.health import Health, HealthReport
from holdfast.model.kube import KubeObject, annotations_of, metadata_of

_WORKLOAD_GENERATION = "rollout.argoproj.io/workload-generation"
_PHASES = {
    "Healthy": Health.HEALTHY,
    "Degraded": Health.DEGRADED,
    "Progressing": Health.PROGRESSING,
    "Paused": Health.SUSPENDED,
}


def rollout(obj: KubeObject) -> HealthReport:
    if not _is_observed(obj):
        return progressing("Waiting for rollout spec update to be observed")
    phase = _PHASES.get(text(obj, "status", "phase"))
    if phase is not None:
        return HealthReport(phase, text(obj, "status", "message"))
    return _failure(obj) or _pause(obj) or _replicas(obj) or _takeover(obj)


def _is_observed(obj: KubeObject) -> bool:
    if not table(obj, "status"):
        return False
    observed = text(obj, "status", "observedGeneration")
    generation = count(metadata_of(obj), "generation")
    # Before 1.0 the field held a hash: what is no number, or too large a one, says nothing about generations.
    if observed.isdecimal() and int(observed) < generation:
        return False
    workload = annotations_of(obj).get(_WORKLOAD_GENERATION) or ""
    seen = text(obj, "status", "workloadObservedGeneration")
    return not (at(obj, "spec", "workloadRef") and workload.isdecimal() and seen.isdecimal()) or workload == seen


def _failure(obj: KubeObject) -> HealthReport | None:
    invalid = condition(obj, "InvalidSpec")
    if invalid:
        return degraded(text(invalid, "message"))
    progress = condition(obj, "Progressing")
    if progress.get("reason") in ("RolloutAborted", "ProgressDeadlineExceeded"):
        return degraded(text(progress, "message"))
    return None


def _pause(obj: KubeObject) -> HealthReport | None:
    paused = rows(obj, "status", "pauseConditions") or at(obj, "spec", "paused") is True
    reason = condition(obj, "Progressing").get("reason")
    return suspended("Rollout is paused") if paused or reason == "RolloutPaused" else None


def _replicas(obj: KubeObject) -> HealthReport | None:
    wanted = count(obj, "spec", "replicas", default=1)
    updated = count(obj, "status", "updatedReplicas")
    waiting = "Waiting for roll out to finish"
    if updated < wanted:
        return progressing(f"{waiting}: More replicas need to be updated")
    if count(obj, "status", "availableReplicas") < updated:
        return progressing(f"{waiting}: updated replicas are still becoming available")
    # Blue-green keeps the old replicas for a while on purpose.
    if _is_canary(obj) and count(obj, "status", "replicas") > updated:
        return progressing(f"{waiting}: old replicas are pending termination")
    return None


def _takeover(obj: KubeObject) -> HealthReport:
    current = text(obj, "status", "currentPodHash")
    if _is_canary(obj):
        stable = text(obj, "status", "stableRS") or text(obj, "status", "canary", "stableRS")
        return healthy() if stable == current else progressing("Waiting for rollout to finish steps")
    active = text(obj, "status", "blueGreen", "activeSelector")
    return healthy() if active == current else progressing("active service cutover pending")


def _is_canary(obj: KubeObject) -> bool:
    return at(obj, "spec", "strategy", "canary") is not None
