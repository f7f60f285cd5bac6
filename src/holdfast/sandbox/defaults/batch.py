"""Defaults of Jobs and CronJobs."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject
from holdfast.sandbox.defaults import pods
from holdfast.sandbox.defaults.statuses import initial_status

_UID_LABEL: Final = "batch.kubernetes.io/controller-uid"


def _job(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    pods.template(spec.setdefault("template", {}))
    if "completions" not in spec and "parallelism" not in spec:
        spec["completions"] = 1
    spec.setdefault("parallelism", 1)
    if "backoffLimit" not in spec:
        spec["backoffLimit"] = 2**31 - 1 if "backoffLimitPerIndex" in spec else 6
    spec.setdefault("completionMode", "NonIndexed")
    spec.setdefault("suspend", False)
    spec.setdefault("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    spec.setdefault("manualSelector", False)


def _new_job(obj: dict[str, Any], before: KubeObject | None) -> None:
    """The Job's own uid selects its Pods, so that Jobs never take one another's."""
    if before is not None:
        return
    obj["status"] = {}
    spec = obj["spec"]
    if spec["manualSelector"]:
        return
    template = spec["template"]
    uid, name = obj["metadata"]["uid"], obj["metadata"].get("name") or ""
    labels = {
        _UID_LABEL: uid,
        "batch.kubernetes.io/job-name": name,
        "controller-uid": uid,
        "job-name": name,
    }
    template["metadata"]["labels"] = {**(template["metadata"].get("labels") or {}), **labels}
    # The labels of the template are the Job's own unless it has some.
    if not obj["metadata"].get("labels"):
        obj["metadata"]["labels"] = dict(template["metadata"]["labels"])
    spec.setdefault("selector", {"matchLabels": {_UID_LABEL: uid}})


def _cron_job(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("concurrencyPolicy", "Allow")
    spec.setdefault("suspend", False)
    spec.setdefault("successfulJobsHistoryLimit", 3)
    spec.setdefault("failedJobsHistoryLimit", 1)
    job = spec.setdefault("jobTemplate", {})
    job.setdefault("metadata", {})
    job_spec = job.setdefault("spec", {})
    pods.template(job_spec.setdefault("template", {}))


DEFAULTS: Final = {GroupKind("batch", "Job"): _job, GroupKind("batch", "CronJob"): _cron_job}
PREPARATIONS: Final = {GroupKind("batch", "Job"): _new_job, GroupKind("batch", "CronJob"): initial_status({})}
