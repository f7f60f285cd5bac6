"""Runs a Job's Pods until enough of them have succeeded or too many have failed.

Source: https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.engine.lang import instants
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, conditions_of, is_being_deleted, name_of, uid_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators import conditions, pods
from holdfast.sandbox.simulators.pods import MANAGER, POD, without_zeros
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner

JOB = GroupKind("batch", "Job")

FIRST_BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(minutes=6)


class JobDecision(Struct, frozen=True):
    """`expired` says that the Job's time to live after its end is over."""

    create: int
    delete: tuple[KubeObject, ...]
    status: dict[str, Any]
    again: timedelta | None = None
    expired: bool = False


def finished_condition(job: KubeObject) -> conditions.Condition:
    """Complete or Failed, or an empty one while the Job is not finished."""
    found = conditions_of(job)
    complete, failed = conditions.find(found, "Complete"), conditions.find(found, "Failed")
    return next((each for each in (complete, failed) if each.get("status") == "True"), {})


def decide_job(job: KubeObject, owned: Sequence[KubeObject], now: datetime) -> JobDecision:
    if finished_condition(job):
        return _after_the_end(job, owned, now)
    spec, old = job["spec"], job.get("status") or {}
    active = [pod for pod in owned if pods.is_active(pod)]
    # Who was counted stays counted when his Pod is deleted.
    succeeded = max(sum(pods.phase(pod) == "Succeeded" for pod in owned), old.get("succeeded", 0))
    failed = max(sum(pods.phase(pod) == "Failed" for pod in owned), old.get("failed", 0))
    counts = {"active": len(active), "succeeded": succeeded, "failed": failed}
    if spec.get("suspend"):
        return _suspended(job, active, counts, now)
    started = old.get("startTime") or instants.stamp(now)
    counts["ready"] = sum(pods.is_ready(pod) for pod in active)
    found = conditions_of(job)
    if conditions.is_true(found, "Suspended"):
        found = conditions.with_condition(found, "Suspended", False, now, reason="JobResumed", message="Job resumed")
        started = instants.stamp(now)
    status = {"startTime": started, **counts, "conditions": found}
    failure = _failure(spec, owned, failed, instants.seconds_since(started, now))
    if failure:
        return _ended(status, active, "Failed", *failure, now)
    completions = spec.get("completions")
    enough = succeeded >= completions if completions is not None else succeeded > 0 and not active
    if enough:
        reason, message = "CompletionsReached", "Reached expected number of succeeded pods"
        return _ended(status, active, "Complete", reason, message, now)
    create, pause = _next_pods(spec, owned, len(active), succeeded, now)
    return JobDecision(create, (), _tidy(status), _earliest(pause, _deadline(spec, started, now)))


def _next_pods(
    spec: dict[str, Any], owned: Sequence[KubeObject], active: int, succeeded: int, now: datetime
) -> tuple[int, timedelta | None]:
    """How many Pods may start now, or when the next one may after a failure."""
    parallelism = spec.get("parallelism", 1)
    completions = spec.get("completions")
    if completions is not None:
        wanted = min(parallelism, completions - succeeded)
    else:
        # Without a number of completions one success means that the work is done.
        wanted = active if succeeded else parallelism
    missing = max(0, wanted - active)
    ends = [_ended_at(pod) for pod in owned if pods.phase(pod) == "Failed"]
    last = max((end for end in ends if end is not None), default=None)
    if missing and last is not None:
        pause = min(FIRST_BACKOFF * int(2 ** min(len(ends) - 1, 10)), LONGEST_BACKOFF)
        if now < last + pause:
            return 0, last + pause - now
    return missing, None


def _ended_at(pod: KubeObject) -> datetime | None:
    statuses = (pod.get("status") or {}).get("containerStatuses") or []
    ends = [instants.parse(((each.get("state") or {}).get("terminated") or {}).get("finishedAt")) for each in statuses]
    return max((end for end in ends if end is not None), default=None)


def _failure(
    spec: dict[str, Any], owned: Sequence[KubeObject], failed: int, running_for: float
) -> tuple[str, str] | None:
    restarts = sum(
        each.get("restartCount", 0)
        for pod in owned
        for each in (pod.get("status") or {}).get("containerStatuses") or []
    )
    if failed + restarts > spec.get("backoffLimit", 6):
        return "BackoffLimitExceeded", "Job has reached the specified backoff limit"
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None and running_for >= deadline:
        return "DeadlineExceeded", "Job was active longer than specified deadline"
    return None


def _ended(
    status: dict[str, Any], active: Sequence[KubeObject], kind: str, reason: str, message: str, now: datetime
) -> JobDecision:
    found = status["conditions"]
    announced = "FailureTarget" if kind == "Failed" else "SuccessCriteriaMet"
    for each in (announced, kind):
        found = conditions.with_condition(
            found, each, True, now, reason=reason, message=message, lastProbeTime=instants.stamp(now)
        )
    status = {**status, "active": 0, "ready": 0, "conditions": found}
    if kind == "Complete":
        status["completionTime"] = instants.stamp(now)
    return JobDecision(0, tuple(active), _tidy(status), timedelta(0))


def _suspended(job: KubeObject, active: Sequence[KubeObject], counts: dict[str, int], now: datetime) -> JobDecision:
    found = conditions.with_condition(
        conditions_of(job), "Suspended", True, now, reason="JobSuspended", message="Job suspended"
    )
    return JobDecision(0, tuple(active), _tidy({**counts, "conditions": found}))


def _after_the_end(job: KubeObject, owned: Sequence[KubeObject], now: datetime) -> JobDecision:
    status = job.get("status") or {}
    left_over = tuple(pod for pod in owned if pods.is_active(pod))
    keep = job["spec"].get("ttlSecondsAfterFinished")
    if keep is None:
        return JobDecision(0, left_over, status)
    ended = instants.parse(finished_condition(job).get("lastTransitionTime")) or now
    left = ended + timedelta(seconds=keep) - now
    return JobDecision(0, left_over, status, max(left, timedelta(0)), expired=left <= timedelta(0))


def _deadline(spec: dict[str, Any], started: str, now: datetime) -> timedelta | None:
    deadline = spec.get("activeDeadlineSeconds")
    return None if deadline is None else timedelta(seconds=deadline - instants.seconds_since(started, now))


def _earliest(*times: timedelta | None) -> timedelta | None:
    return min((each for each in times if each is not None), default=None)


def _tidy(status: dict[str, Any]) -> dict[str, Any]:
    return {**without_zeros(status), "ready": status.get("ready", 0), "uncountedTerminatedPods": {}}


class Jobs:
    name = "jobs"
    kinds = frozenset({JOB, POD})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return own_and_owner(changed, JOB)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        job = self._view.find(key)
        if job is None or is_being_deleted(job):
            return Settled()
        decision = decide_job(job, self._view.owned(job, POD), self._view.now())
        if decision.expired:
            await self._view.delete(job)
            return Settled()
        labels = {
            "batch.kubernetes.io/controller-uid": uid_of(job),
            "batch.kubernetes.io/job-name": name_of(job),
            "controller-uid": uid_of(job),
            "job-name": name_of(job),
        }
        for _ in range(decision.create):
            name = f"{name_of(job)}-{self._view.suffix()}"
            await self._view.create(pods.from_template(job, job["spec"]["template"], name, labels=labels), MANAGER)
        for pod in decision.delete:
            await self._view.delete(pod)
        await self._view.write_status(job, decision.status, MANAGER)
        return Settled() if decision.again is None else Again(decision.again, "job")
