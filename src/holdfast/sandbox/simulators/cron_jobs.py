"""Starts the Jobs of a CronJob when its schedule is due, and clears old ones away."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import cron, instants
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, name_of, namespace_of, uid_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators.jobs import JOB, finished_condition
from holdfast.sandbox.simulators.pods import MANAGER, without_zeros
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner, owner_reference

CRON_JOB = GroupKind("batch", "CronJob")

# As many missed times are looked through; the last one counts.
MOST_MISSED = 100


class CronJobDecision(Struct, frozen=True):
    """`start` is the scheduled time of the Job to create, None when none is to be created."""

    start: datetime | None
    delete: tuple[KubeObject, ...]
    status: dict[str, Any]
    again: timedelta | None = None


def decide_cron_job(cron_job: KubeObject, owned: Sequence[KubeObject], now: datetime) -> CronJobDecision:
    spec = cron_job["spec"]
    active = [job for job in owned if not finished_condition(job)]
    delete = _too_old(spec, owned)
    try:
        schedule = cron.parse(spec.get("schedule", ""), spec.get("timeZone") or "")
    except ValueError:
        # The kind has no condition that could say so; the controller of Kubernetes only writes an Event.
        return CronJobDecision(None, delete, _status(cron_job, active, owned, None))
    due = None if spec.get("suspend") else _due(cron_job, schedule, now)
    policy = spec.get("concurrencyPolicy") or "Allow"
    if due is not None and active and policy == "Forbid":
        due = None
    if due is not None and policy == "Replace":
        delete = (*delete, *active)
        active = []
    following = schedule.next_after(now)
    return CronJobDecision(
        start=due,
        delete=delete,
        status=_status(cron_job, active, owned, due),
        again=None if following is None or spec.get("suspend") else following - now,
    )


def _due(cron_job: KubeObject, schedule: cron.Schedule, now: datetime) -> datetime | None:
    """The last scheduled time that has passed since the last start and is not too late."""
    status = cron_job.get("status") or {}
    since = instants.parse(status.get("lastScheduleTime")) or instants.parse(
        cron_job["metadata"].get("creationTimestamp")
    )
    deadline = cron_job["spec"].get("startingDeadlineSeconds")
    since = since or now
    if deadline is not None:
        since = max(since, now - timedelta(seconds=deadline))
    due: datetime | None = None
    for _ in range(MOST_MISSED):
        following = schedule.next_after(due or since)
        if following is None or following > now:
            break
        due = following
    return due


def _too_old(spec: dict[str, Any], owned: Sequence[KubeObject]) -> tuple[KubeObject, ...]:
    limits = {
        "Complete": spec.get("successfulJobsHistoryLimit", 3),
        "Failed": spec.get("failedJobsHistoryLimit", 1),
    }
    delete: list[KubeObject] = []
    for kind, limit in limits.items():
        ended = [job for job in owned if finished_condition(job).get("type") == kind and not is_being_deleted(job)]
        ended.sort(key=lambda job: (job.get("status") or {}).get("startTime") or "")
        delete += ended[: max(0, len(ended) - limit)]
    return tuple(delete)


def _status(
    cron_job: KubeObject, active: Sequence[KubeObject], owned: Sequence[KubeObject], due: datetime | None
) -> dict[str, Any]:
    old = cron_job.get("status") or {}
    ends = [(job.get("status") or {}).get("completionTime") or "" for job in owned]
    return without_zeros(
        {
            "active": [_reference(job) for job in active],
            "lastScheduleTime": instants.stamp(due) if due else old.get("lastScheduleTime"),
            "lastSuccessfulTime": max([old.get("lastSuccessfulTime") or "", *ends]),
        }
    )


def _reference(job: KubeObject) -> dict[str, Any]:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "name": name_of(job),
        "namespace": namespace_of(job),
        "uid": uid_of(job),
    }


def new_job(cron_job: KubeObject, scheduled: datetime) -> KubeObject:
    """The name follows from the time, so that no time can start two."""
    template = copy.deepcopy(cron_job["spec"].get("jobTemplate") or {})
    metadata = template.get("metadata") or {}
    annotations = {"batch.kubernetes.io/cronjob-scheduled-timestamp": instants.stamp(scheduled)}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{name_of(cron_job)}-{int(scheduled.timestamp()) // 60}",
            "namespace": namespace_of(cron_job),
            **({"labels": metadata["labels"]} if metadata.get("labels") else {}),
            "annotations": {**(metadata.get("annotations") or {}), **annotations},
            "ownerReferences": [owner_reference(cron_job)],
        },
        "spec": template.get("spec") or {},
    }


class CronJobs:
    name = "cron-jobs"
    kinds = frozenset({CRON_JOB, JOB})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return own_and_owner(changed, CRON_JOB)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        cron_job = self._view.find(key)
        if cron_job is None or is_being_deleted(cron_job):
            return Settled()
        decision = decide_cron_job(cron_job, self._view.owned(cron_job, JOB), self._view.now())
        for job in decision.delete:
            await self._view.delete(job)
        if decision.start is not None:
            await self._view.create(new_job(cron_job, decision.start), MANAGER)
        await self._view.write_status(cron_job, decision.status, MANAGER)
        return Settled() if decision.again is None else Again(decision.again, "schedule")
