"""Job, CronJob and Argo's Workflow and CronWorkflow: work that ends."""

from __future__ import annotations

from holdfast.engine.health.reading import (
    at,
    condition,
    degraded,
    healthy,
    progressing,
    rows,
    suspended,
    text,
    unknown,
)
from holdfast.model.health import HealthReport
from holdfast.model.kube import KubeObject


def job(obj: KubeObject) -> HealthReport:
    for kind, report in (("Failed", degraded), ("Suspended", suspended), ("Complete", healthy)):
        found = condition(obj, kind)
        if found.get("status") == "True":
            return report(text(found, "message"))
    return progressing()


def cron_job(obj: KubeObject) -> HealthReport:
    if at(obj, "spec", "suspend") is True:
        return suspended("CronJob is suspended")
    if rows(obj, "status", "active"):
        return progressing("CronJob has active jobs")
    last_run = text(obj, "status", "lastScheduleTime")
    last_success = text(obj, "status", "lastSuccessfulTime")
    if not last_run:
        return healthy("CronJob has not been scheduled yet")
    if not last_success:
        return degraded("CronJob has not completed successfully")
    # Both are RFC 3339 in UTC as the API server writes it, so their texts sort as their times do.
    if last_success < last_run:
        return degraded("CronJob has not completed its last execution successfully")
    return healthy("CronJob has completed its last execution successfully")


def workflow(obj: KubeObject) -> HealthReport:
    message = text(obj, "status", "message")
    match text(obj, "status", "phase"):
        case "" | "Pending" | "Running":
            return progressing(message)
        case "Succeeded":
            return healthy(message)
        case "Failed" | "Error":
            return degraded(message)
        case _:
            return unknown(message)


def cron_workflow(obj: KubeObject) -> HealthReport:
    for kind in ("SpecError", "SubmissionError"):
        found = condition(obj, kind)
        if found.get("status") == "True":
            return degraded(text(found, "message"))
    return healthy()
