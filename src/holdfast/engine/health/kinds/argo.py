"""Application, ApplicationSet, AnalysisRun and Experiment: kinds that report their own health."""

from __future__ import annotations

from holdfast.engine.health.reading import condition, degraded, healthy, progressing, table, text, unknown
from holdfast.model.health import Health, HealthReport
from holdfast.model.kube import KubeObject


def application(obj: KubeObject) -> HealthReport:
    status = text(obj, "status", "health", "status")
    if status not in list(Health):
        return progressing()
    return HealthReport(Health(status), text(obj, "status", "health", "message"))


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
