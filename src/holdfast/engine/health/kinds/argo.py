"""Application, ApplicationSet, AnalysisRun and Experiment: kinds that report their own health."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.engine.health.reading import at, condition, degraded, healthy, progressing, rows, table, text, unknown
from holdfast.model.application import ApplicationSource
from holdfast.model.health import Health, HealthReport
from holdfast.model.kube import KubeObject


def application(obj: KubeObject) -> HealthReport:
    """As it says itself. It is not healthy yet while its status speaks of less than its spec asks for: waves of
    applications go by that."""
    status = text(obj, "status", "health", "status")
    if status not in list(Health):
        return progressing()
    coming = _coming(obj) if status == Health.HEALTHY else ""
    return progressing(coming) if coming else HealthReport(Health(status), text(obj, "status", "health", "message"))


def _coming(obj: KubeObject) -> str:
    """What is on its way, newer than what the status tells of."""
    source, sync = at(obj, "spec", "source"), table(obj, "status", "sync")
    if not source or not table(sync, "comparedTo"):
        return ""
    if not _is_same(at(sync, "comparedTo", "source"), source):
        return "it has not been compared with its new source yet"
    last = table(obj, "status", "operationState", "syncResult")
    attempted = last.get("revision") == sync.get("revision") and _is_same(last.get("source"), source)
    return "" if attempted or not _syncs_by_itself(obj) else "it waits for its automated sync"


def _syncs_by_itself(obj: KubeObject) -> bool:
    automated = at(obj, "spec", "syncPolicy", "automated")
    if not isinstance(automated, dict) or automated.get("enabled") is False:
        return False
    drifted = [row for row in rows(obj, "status", "resources") if row.get("status") == "OutOfSync"]
    return any(automated.get("prune") or not row.get("requiresPruning") for row in drifted)


def _is_same(one: Any, other: Any) -> bool:
    """Whoever wrote the status may have left out what says nothing."""
    try:
        return msgspec.convert(one, ApplicationSource) == msgspec.convert(other, ApplicationSource)
    except msgspec.ValidationError:
        return bool(one == other)


def application_set(obj: KubeObject) -> HealthReport:
    failed = condition(obj, "ErrorOccurred")
    if failed.get("status") == "True":
        return degraded(text(failed, "message"))
    progress = condition(obj, "RolloutProgressing")
    if progress.get("status") == "True":
        return progressing(text(progress, "message"))
    current = condition(obj, "ResourcesUpToDate")
    if current.get("status") == "True":
        return healthy(text(current, "message"))
    return healthy() if not table(obj, "status").get("conditions") else progressing(text(current, "message"))


_ANALYSIS = {
    "Pending": progressing("Analysis run is running"),
    "Running": progressing("Analysis run is running"),
    "Successful": healthy("Analysis run completed successfully"),
    "Failed": degraded("Analysis run failed"),
    "Error": degraded("Analysis run had an error"),
    "Inconclusive": unknown("Analysis run was inconclusive"),
}

_EXPERIMENT = {
    "Pending": progressing("Experiment is pending"),
    "Running": progressing("Experiment is running"),
    "Successful": healthy("Experiment is successful"),
    "Failed": degraded("Experiment has failed"),
    "Error": degraded("Experiment had an error"),
    "Inconclusive": unknown("Experiment was inconclusive"),
}


def analysis_run(obj: KubeObject) -> HealthReport:
    report = _by_phase(obj, _ANALYSIS, "analysis run")
    return HealthReport(report.status, text(obj, "status", "message") or report.message)


def experiment(obj: KubeObject) -> HealthReport:
    return _by_phase(obj, _EXPERIMENT, "experiment")


def _by_phase(obj: KubeObject, phases: dict[str, HealthReport], what: str) -> HealthReport:
    report = phases.get(text(obj, "status", "phase"))
    if report is None:
        return progressing(f"Waiting for {what} to finish: status has not been reconciled.")
    return report
