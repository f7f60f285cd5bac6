"""Job and CronJob."""

from __future__ import annotations

from datetime import datetime

from holdfast.engine.actions.builtin import (
    PAUSE,
    PAUSE_CIRCLE,
    PLAY,
    PLAY_CIRCLE,
    STOP,
    Builtin,
    Parameters,
    create,
    is_at,
    is_not,
    patch,
    setting,
    stamp,
    suspending,
)
from holdfast.engine.actions.creation import child_name, copied_metadata, owner_reference
from holdfast.engine.actions.editing import at, condition, put, rows
from holdfast.model.actions import Impact
from holdfast.model.kube import KubeObject, name_of

_ENDINGS = ("Complete", "SuccessCriteriaMet", "Failed", "FailureTarget")


def _has_ended(job: KubeObject) -> bool:
    return any(condition(job, kind) == "True" for kind in _ENDINGS)


def _terminate(job: KubeObject, _: Parameters, now: datetime) -> list[Impact]:
    """The job controller ends a job that has this condition. Source: Kubernetes, KEP-3998."""
    if _has_ended(job):
        return patch(job)
    target = {
        "type": "FailureTarget",
        "status": "True",
        "reason": "ManuallyTerminated",
        "message": "Job was terminated explicitly through Argo CD",
        "lastTransitionTime": stamp(now),
    }
    return patch(put(job, [*rows(job, "status", "conditions"), target], "status", "conditions"))


def _create_job(cron_job: KubeObject, _: Parameters, now: datetime) -> list[Impact]:
    template = at(cron_job, "spec", "jobTemplate") or {}
    metadata = copied_metadata(template, name=child_name(name_of(cron_job), now), namespace_from=cron_job)
    metadata["annotations"] = {**metadata.get("annotations", {}), "cronjob.kubernetes.io/instantiate": "manual"}
    metadata["ownerReferences"] = [owner_reference(cron_job, controller=True)]
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": at(template, "spec") or {}}
    return create(job)


_SUSPENDED = is_at(True, "spec", "suspend")

ACTIONS = {
    "Job": (
        Builtin(
            "suspend",
            setting(True, "spec", "suspend"),
            icon=PAUSE,
            hidden=lambda job: _has_ended(job) or _SUSPENDED(job),
        ),
        Builtin(
            "resume",
            setting(False, "spec", "suspend"),
            icon=PLAY,
            hidden=lambda job: _has_ended(job) or is_not(_SUSPENDED)(job),
        ),
        Builtin("terminate", _terminate, icon=STOP, hidden=_has_ended),
    ),
    "CronJob": (
        Builtin("create-job", _create_job, icon="fa fa-fw fa-play", title="Create Job"),
        *suspending(_SUSPENDED, "spec", "suspend", icons=(PAUSE_CIRCLE, PLAY_CIRCLE)),
    ),
}
