"""StatefulSets, DaemonSets, ReplicaSets, Jobs and CronJobs as pure decisions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.model.kube import KubeObject, labels_of, name_of
from holdfast.sandbox.simulators import conditions, kubelet
from holdfast.sandbox.simulators.cron_jobs import decide_cron_job, new_job
from holdfast.sandbox.simulators.daemon_sets import REVISION as DAEMON_REVISION
from holdfast.sandbox.simulators.daemon_sets import decide_daemon_set
from holdfast.sandbox.simulators.jobs import decide_job
from holdfast.sandbox.simulators.pods import template_hash
from holdfast.sandbox.simulators.replica_sets import decide_replica_set
from holdfast.sandbox.simulators.stateful_sets import (
    REVISION,
    decide_stateful_set,
    new_claims,
    new_pod,
    revision_of,
)

NOW = datetime(2026, 1, 1, 12, 0, 30, tzinfo=UTC)
TEMPLATE: dict[str, Any] = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}


def owner(kind: str, **spec: Any) -> KubeObject:
    metadata = {"name": "x", "namespace": "shop", "uid": "o", "generation": 1}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": TEMPLATE, **spec}}


def pod(
    name: str = "p",
    *,
    ready: bool = True,
    phase: str = "Running",
    deleting: bool = False,
    labels: dict[str, str] | None = None,
    since: str = "2026-01-01T12:00:00Z",
    ended: str = "",
    **spec: Any,
) -> KubeObject:
    condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": since}
    metadata = {"name": name, "namespace": "shop", "uid": name, "labels": labels or {"app": "x"}}
    if deleting:
        metadata["deletionTimestamp"] = since
    status: dict[str, Any] = {"phase": phase, "conditions": [condition]}
    if ended:
        status["containerStatuses"] = [{"state": {"terminated": {"finishedAt": ended}}}]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec, "status": status}


@pytest.mark.parametrize(
    ("replicas", "owned", "create", "delete"),
    [
        (3, [], 3, []),
        (2, [pod("a"), pod("b")], 0, []),
        (2, [pod("a"), pod("b", deleting=True)], 1, []),
        (2, [pod("a"), pod("b", phase="Failed")], 1, []),
        (1, [pod("a"), pod("b", ready=False), pod("c")], 0, ["b", "a"]),
        (0, [pod("a")], 0, ["a"]),
        (500, [], 100, []),
    ],
)
def test_a_replica_set_keeps_its_number(replicas: int, owned: list[KubeObject], create: int, delete: list[str]) -> None:
    decision = decide_replica_set(owner("ReplicaSet", replicas=replicas), owned, NOW)
    assert (decision.create, [name_of(each) for each in decision.delete]) == (create, delete)


def test_a_pod_counts_as_available_after_min_ready_seconds() -> None:
    waiting = decide_replica_set(owner("ReplicaSet", replicas=1, minReadySeconds=45), [pod()], NOW)
    assert waiting.status["readyReplicas"] == 1
    assert "availableReplicas" not in waiting.status
    assert waiting.again == timedelta(seconds=15)
    later = decide_replica_set(
        owner("ReplicaSet", replicas=1, minReadySeconds=45), [pod()], NOW + timedelta(seconds=15)
    )
    assert later.status["availableReplicas"] == 1


SET = owner("StatefulSet", replicas=3, serviceName="peers")
CURRENT = {REVISION: revision_of(SET)}
OLD = {REVISION: "x-old"}


def member(ordinal: int, *, ready: bool = True, labels: dict[str, str] = CURRENT, **more: Any) -> KubeObject:
    return pod(f"x-{ordinal}", ready=ready, labels=labels, **more)


@pytest.mark.parametrize(
    ("spec", "owned", "create", "delete"),
    [
        ({}, [], [0], []),
        ({}, [member(0, ready=False)], [], []),
        ({}, [member(0)], [1], []),
        ({}, [member(0), member(1)], [2], []),
        ({}, [member(0), member(2)], [1], []),
        ({}, [member(0, deleting=True), member(1), member(2)], [], []),
        ({}, [member(0, phase="Failed"), member(1), member(2)], [], ["x-0"]),
        ({}, [member(0), member(1), member(2), member(3), member(4)], [], ["x-4"]),
        ({}, [member(0), member(1), member(2), member(3), member(4, deleting=True)], [], []),
        ({"podManagementPolicy": "Parallel"}, [], [0, 1, 2], []),
        ({"podManagementPolicy": "Parallel"}, [member(n, ready=False) for n in range(5)], [], ["x-3", "x-4"]),
        ({}, [member(0, labels=OLD), member(1, labels=OLD), member(2, labels=OLD)], [], ["x-2"]),
        ({}, [member(0, labels=OLD), member(1, labels=OLD), member(2, ready=False)], [], []),
        ({}, [member(0, labels=OLD), member(1, labels=OLD), member(2)], [], ["x-1"]),
        (
            {"updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}},
            [member(0, labels=OLD), member(1, labels=OLD), member(2)],
            [],
            [],
        ),
        ({"updateStrategy": {"type": "OnDelete"}}, [member(n, labels=OLD) for n in range(3)], [], []),
        ({"ordinals": {"start": 5}}, [], [5], []),
    ],
)
def test_a_stateful_set_takes_one_step_at_a_time(
    spec: dict[str, Any], owned: list[KubeObject], create: list[int], delete: list[str]
) -> None:
    decision = decide_stateful_set(owner("StatefulSet", replicas=3, serviceName="peers", **spec), owned, NOW)
    assert (list(decision.create), [name_of(each) for each in decision.delete]) == (create, delete)


def test_a_stateful_pod_has_its_name_its_index_and_its_claims() -> None:
    claims = [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}]
    subject = owner("StatefulSet", serviceName="peers", volumeClaimTemplates=claims)
    made = new_pod(subject, 2)
    assert (name_of(made), made["spec"]["hostname"], made["spec"]["subdomain"]) == ("x-2", "x-2", "peers")
    assert labels_of(made)["apps.kubernetes.io/pod-index"] == "2"
    assert made["spec"]["volumes"] == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-x-2"}}]
    [claim] = new_claims(subject, 2)
    assert name_of(claim) == "data-x-2"
    assert "ownerReferences" not in claim["metadata"]


def test_the_current_revision_moves_when_the_update_is_through() -> None:
    subject = owner("StatefulSet", replicas=1, serviceName="peers")
    subject["status"] = {"currentRevision": "x-old"}
    under_way = decide_stateful_set(subject, [member(0, ready=False)], NOW).status
    assert (under_way["currentRevision"], under_way["updateRevision"]) == ("x-old", revision_of(subject))
    assert decide_stateful_set(subject, [member(0)], NOW).status["currentRevision"] == revision_of(subject)


NODE = kubelet.node("v1")
UPDATED = {DAEMON_REVISION: template_hash(TEMPLATE)}
HERE: dict[str, Any] = {"nodeName": kubelet.NODE_NAME}


@pytest.mark.parametrize(
    ("selector", "owned", "create", "delete"),
    [
        ({}, [], 1, []),
        ({"disk": "ssd"}, [], 0, []),
        ({}, [pod("a", labels=UPDATED, **HERE)], 0, []),
        ({}, [pod("a", labels=UPDATED, **HERE), pod("b", labels=UPDATED, **HERE)], 0, ["b"]),
        ({}, [pod("a", phase="Failed", labels=UPDATED, **HERE)], 0, ["a"]),
        ({}, [pod("a", labels=OLD, **HERE)], 0, ["a"]),
        ({"disk": "ssd"}, [pod("a", labels=UPDATED, **HERE)], 0, ["a"]),
    ],
)
def test_a_daemon_set_has_one_pod_a_suitable_node(
    selector: dict[str, str], owned: list[KubeObject], create: int, delete: list[str]
) -> None:
    subject = owner("DaemonSet")
    if selector:
        spec = {**TEMPLATE["spec"], "nodeSelector": selector}
        subject["spec"]["template"] = {"metadata": TEMPLATE["metadata"], "spec": spec}
    decision = decide_daemon_set(subject, owned, [NODE], NOW)
    assert (len(decision.create), [name_of(each) for each in decision.delete]) == (create, delete)
    assert decision.status["desiredNumberScheduled"] == (0 if selector else 1)


def job(**spec: Any) -> KubeObject:
    return {**owner("Job", **spec), "status": {"startTime": "2026-01-01T12:00:00Z"}}


DONE: dict[str, Any] = {"phase": "Succeeded", "ready": False}
LOST: dict[str, Any] = {"phase": "Failed", "ready": False}


@pytest.mark.parametrize(
    ("spec", "owned", "create", "verdict"),
    [
        ({"completions": 1, "parallelism": 1}, [], 1, ""),
        ({"completions": 5, "parallelism": 2}, [pod("a")], 1, ""),
        ({"completions": 2, "parallelism": 2}, [pod("a", **DONE)], 1, ""),
        ({"completions": 1, "parallelism": 1}, [pod("a", **DONE)], 0, "Complete CompletionsReached"),
        ({"parallelism": 3}, [pod("a", **DONE), pod("b")], 0, ""),
        ({"parallelism": 3}, [pod("a", **DONE)], 0, "Complete CompletionsReached"),
        (
            {"completions": 1, "parallelism": 1, "backoffLimit": 0},
            [pod("a", **LOST)],
            0,
            "Failed BackoffLimitExceeded",
        ),
        (
            {"completions": 1, "parallelism": 1, "activeDeadlineSeconds": 30},
            [pod("a")],
            0,
            "Failed DeadlineExceeded",
        ),
        ({"completions": 1, "parallelism": 1, "suspend": True}, [], 0, ""),
    ],
)
def test_a_job_runs_until_it_is_done_or_has_failed(
    spec: dict[str, Any], owned: list[KubeObject], create: int, verdict: str
) -> None:
    decision = decide_job(job(**spec), owned, NOW)
    found = (
        [each for each in decision.status["conditions"] if each["type"] in ("Complete", "Failed")] if verdict else []
    )
    assert decision.create == create
    assert " ".join(f"{each['type']} {each['reason']}" for each in found) == verdict


def test_a_failed_pod_is_followed_by_another_after_a_pause() -> None:
    owned = [pod("a", **LOST, ended="2026-01-01T12:00:25Z")]
    subject = job(completions=1, parallelism=1)
    decision = decide_job(subject, owned, NOW)
    assert (decision.create, decision.again) == (0, timedelta(seconds=5))
    assert decide_job(subject, owned, NOW + timedelta(seconds=5)).create == 1


def test_pods_that_were_counted_stay_counted_when_they_are_deleted() -> None:
    subject = job(completions=3, parallelism=1)
    subject["status"] = decide_job(
        subject, [pod("a", **LOST, ended="2026-01-01T12:00:00Z"), pod("b", **DONE)], NOW
    ).status
    later = decide_job(subject, [pod("c", **DONE)], NOW).status
    assert (later["failed"], later["succeeded"]) == (1, 1)


def test_a_condition_keeps_the_times_that_nobody_sets() -> None:
    stored = [{"type": "Ready", "status": "True", "lastProbeTime": None, "lastTransitionTime": "2026-01-01T12:00:00Z"}]
    assert conditions.with_condition(stored, "Ready", True, NOW) == stored


def test_what_still_runs_goes_with_the_end_of_the_job() -> None:
    subject = job(completions=1, parallelism=1, activeDeadlineSeconds=5)
    decision = decide_job(subject, [pod("a")], NOW)
    assert [name_of(each) for each in decision.delete] == ["a"]
    assert conditions.is_true(decision.status["conditions"], "FailureTarget")


def test_a_finished_job_goes_after_its_time_to_live() -> None:
    subject = job(completions=1, parallelism=1, ttlSecondsAfterFinished=60)
    subject["status"] = decide_job(subject, [pod("a", **DONE)], NOW).status
    assert subject["status"]["completionTime"] == "2026-01-01T12:00:30Z"
    waiting = decide_job(subject, [], NOW + timedelta(seconds=10))
    assert (waiting.expired, waiting.again, waiting.status) == (False, timedelta(seconds=50), subject["status"])
    assert decide_job(subject, [], NOW + timedelta(seconds=60)).expired


def cron_job(**spec: Any) -> KubeObject:
    subject = owner("CronJob", schedule="*/10 * * * *", jobTemplate={"spec": {"template": TEMPLATE}}, **spec)
    subject["metadata"]["creationTimestamp"] = "2026-01-01T11:55:00Z"
    return subject


def old_job(name: str, verdict: str = "") -> KubeObject:
    status = {"conditions": [{"type": verdict, "status": "True"}]} if verdict else {}
    return {"metadata": {"name": name, "namespace": "shop", "uid": name}, "status": {"startTime": name, **status}}


@pytest.mark.parametrize(
    ("spec", "owned", "starts", "delete"),
    [
        ({}, [], True, []),
        ({"suspend": True}, [], False, []),
        ({"startingDeadlineSeconds": 10}, [], False, []),
        ({"concurrencyPolicy": "Forbid"}, [old_job("1")], False, []),
        ({"concurrencyPolicy": "Replace"}, [old_job("1")], True, ["1"]),
        ({"concurrencyPolicy": "Allow"}, [old_job("1")], True, []),
        (
            {"successfulJobsHistoryLimit": 1, "failedJobsHistoryLimit": 0},
            [old_job("1", "Complete"), old_job("2", "Complete"), old_job("3", "Failed")],
            True,
            ["1", "3"],
        ),
        ({"timeZone": "Nowhere/Land"}, [], False, []),
    ],
)
def test_a_cron_job_starts_what_is_due(
    spec: dict[str, Any], owned: list[KubeObject], starts: bool, delete: list[str]
) -> None:
    decision = decide_cron_job(cron_job(**spec), owned, NOW)
    assert (decision.start is not None, [name_of(each) for each in decision.delete]) == (starts, delete)


def test_a_time_is_started_once_and_names_its_job() -> None:
    subject = cron_job()
    first = decide_cron_job(subject, [], NOW)
    assert first.start == datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    assert first.again == timedelta(minutes=9, seconds=30)
    assert name_of(new_job(subject, first.start)) == f"x-{int(first.start.timestamp()) // 60}"
    subject["status"] = first.status
    assert decide_cron_job(subject, [], NOW).start is None
