"""The life of a Pod, second by second, without a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from holdfast.model.kube import KubeObject
from holdfast.sandbox.simulators import conditions, kubelet
from holdfast.sandbox.simulators.behaviours import ANNOTATION, Behaviour, behaviour_of
from holdfast.sandbox.simulators.pod_lifecycle import decide_pod, stops_in

NOW = datetime(2026, 1, 1, tzinfo=UTC)
READINESS: dict[str, Any] = {"readinessProbe": {"initialDelaySeconds": 30, "periodSeconds": 5}}
LIVENESS: dict[str, Any] = {"livenessProbe": {"initialDelaySeconds": 30, "periodSeconds": 10, "failureThreshold": 3}}


def pod(*, behaviour: str = "", image: str = "web:1", restart: str = "Always", **container: Any) -> KubeObject:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "uid": "u", "annotations": {ANNOTATION: behaviour} if behaviour else {}},
        "spec": {
            "nodeName": "n",
            "restartPolicy": restart,
            "containers": [{"name": "c", "image": image, **container}],
        },
    }


def lived(subject: KubeObject, seconds: float) -> list[tuple[float, dict[str, Any]]]:
    """The statuses and when each came about, as a loop that only wakes when something is due sees them."""
    history: list[tuple[float, dict[str, Any]]] = []
    now = NOW
    while (now - NOW).total_seconds() <= seconds:
        decision = decide_pod(subject, now)
        if decision.status != subject.get("status"):
            history.append(((now - NOW).total_seconds(), decision.status))
            subject["status"] = decision.status
        if decision.again is None:
            break
        now += max(decision.again, timedelta(milliseconds=1))
    return history


def summary(status: dict[str, Any]) -> str:
    [container] = status["containerStatuses"]
    [(state, detail)] = container["state"].items()
    ready = " ready" if conditions.is_true(status["conditions"], "Ready") else ""
    return f"{status['phase']} {detail.get('reason', state)}{ready}"


def story(subject: KubeObject, seconds: float) -> list[tuple[float, str]]:
    return [(round(at, 1), summary(status)) for at, status in lived(subject, seconds)]


CREATING = (0.0, "Pending ContainerCreating")


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        (pod(), [CREATING, (1.0, "Running running ready")]),
        (pod(**READINESS), [CREATING, (1.0, "Running running"), (36.0, "Running running ready")]),
        (
            pod(behaviour="slow-start=90s", **READINESS),
            [CREATING, (1.0, "Running running"), (91.0, "Running running ready")],
        ),
        (pod(behaviour="slow-start=90s"), [CREATING, (91.0, "Running running ready")]),
        (pod(image="web:slow-start-20s"), [CREATING, (21.0, "Running running ready")]),
        (pod(behaviour="failing-probe", **READINESS), [CREATING, (1.0, "Running running")]),
        (
            pod(behaviour="image-pull-error"),
            [CREATING, (1.0, "Pending ErrImagePull"), (11.0, "Pending ImagePullBackOff")],
        ),
        (pod(restart="Never"), [CREATING, (1.0, "Running running ready"), (2.0, "Succeeded Completed")]),
        (pod(restart="Never", behaviour="fail"), [CREATING, (1.0, "Running running ready"), (2.0, "Failed Error")]),
        (
            pod(restart="Never", behaviour="run=1m"),
            [CREATING, (1.0, "Running running ready"), (61.0, "Succeeded Completed")],
        ),
        (
            pod(startupProbe={"periodSeconds": 5, "failureThreshold": 30}, **READINESS),
            [CREATING, (1.0, "Running running"), (6.0, "Running running"), (41.0, "Running running ready")],
        ),
    ],
)
def test_a_pod_lives_as_it_is_asked_to(subject: KubeObject, expected: list[tuple[float, str]]) -> None:
    assert story(subject, 600) == expected


def test_a_crash_loop_backs_off_longer_each_time() -> None:
    history = lived(pod(behaviour="crash-loop"), 200)
    waits = [(at, status["containerStatuses"][0]) for at, status in history if "CrashLoop" in summary(status)]
    assert [at for at, _ in waits] == [2.0, 13.0, 34.0, 75.0, 156.0]
    assert [container["restartCount"] for _, container in waits] == [0, 1, 2, 3, 4]
    assert waits[-1][1]["lastState"]["terminated"]["exitCode"] == 1
    assert waits[1][1]["state"]["waiting"]["message"].startswith("back-off 20s restarting failed container=c")


def test_a_container_whose_liveness_probe_fails_is_restarted() -> None:
    history = lived(pod(behaviour="failing-probe", **READINESS, **LIVENESS), 80)
    restarted = [(at, status) for at, status in history if status["containerStatuses"][0]["restartCount"]]
    assert restarted[0][0] == 71.0
    assert restarted[0][1]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137


def test_a_container_that_fails_on_failure_is_restarted_in_place() -> None:
    history = lived(pod(restart="OnFailure", behaviour="fail"), 20)
    assert [summary(status) for _, status in history][-1] == "Running CrashLoopBackOff"


def test_transition_times_move_only_with_the_status() -> None:
    subject = pod(**READINESS)
    [*_, (_, status)] = lived(subject, 60)
    assert conditions.find(status["conditions"], "Ready")["lastTransitionTime"] == "2026-01-01T00:00:36Z"
    assert conditions.find(status["conditions"], "PodScheduled")["lastTransitionTime"] == "2026-01-01T00:00:00Z"
    assert decide_pod(subject, NOW + timedelta(hours=1)).status == status
    assert status["podIP"].startswith("10.244.")


def test_init_containers_run_one_after_the_other_before_the_others() -> None:
    subject = pod()
    subject["spec"]["initContainers"] = [{"name": "i1", "image": "i"}, {"name": "i2", "image": "i"}]
    history = lived(subject, 60)
    assert summary(history[0][1]) == "Pending PodInitializing"
    assert conditions.find(history[0][1]["conditions"], "Initialized")["status"] == "False"
    at, status = history[-1]
    assert (at, summary(status)) == (5.0, "Running running ready")
    assert [each["state"]["terminated"]["reason"] for each in status["initContainerStatuses"]] == ["Completed"] * 2


def test_a_sidecar_runs_on_beside_the_others() -> None:
    subject = pod()
    subject["spec"]["initContainers"] = [{"name": "proxy", "image": "i", "restartPolicy": "Always"}]
    _, status = lived(subject, 60)[-1]
    assert "running" in status["initContainerStatuses"][0]["state"]
    assert summary(status) == "Running running ready"


@pytest.mark.parametrize(("grace", "seconds"), [(30, 1.0), (0, 0.0)])
def test_a_pod_stops_soon_after_it_was_asked_to(grace: int, seconds: float) -> None:
    subject = pod()
    ends = NOW + timedelta(seconds=grace)
    subject["metadata"] |= {"deletionTimestamp": ends.isoformat(), "deletionGracePeriodSeconds": grace}
    assert stops_in(subject, NOW) == timedelta(seconds=seconds)
    assert stops_in(subject, NOW + timedelta(seconds=5)) == timedelta(0)


@pytest.mark.parametrize(
    ("image", "annotation", "expected"),
    [
        ("registry:5000/web:1.2", "", Behaviour()),
        ("registry:5000/web", "", Behaviour()),
        ("web:crash-loop", "", Behaviour(crashes=True)),
        ("web:crash-loop@sha256:ab", "", Behaviour(crashes=True)),
        ("web:crash-loop", "failing-probe", Behaviour(answers_after=None)),
        ("web:1", "image-pull-error", Behaviour(cannot_be_pulled=True)),
        ("web:1", "fail=1m30s", Behaviour(fails=True, runs_for=timedelta(seconds=90))),
        ("web:slow-start", "", Behaviour(answers_after=timedelta(seconds=60))),
        ("web:1", "nonsense=1", Behaviour()),
    ],
)
def test_behaviours_are_read_from_the_annotation_or_the_tag(image: str, annotation: str, expected: Behaviour) -> None:
    subject = pod(behaviour=annotation, image=image)
    assert behaviour_of(subject, subject["spec"]["containers"][0]) == expected


def test_an_image_may_serve_and_yet_fail_where_a_job_tries_it_out() -> None:
    server, job = pod(image="web:fail-jobs"), pod(restart="Never", image="web:fail-jobs")
    assert behaviour_of(server, server["spec"]["containers"][0]) == Behaviour()
    assert behaviour_of(job, job["spec"]["containers"][0]) == Behaviour(fails=True)


def test_the_node_is_ready_and_has_no_heartbeat() -> None:
    status = kubelet.node_status({}, "v1.36.0", NOW)
    assert conditions.is_true(status["conditions"], "Ready")
    assert kubelet.node_status(status, "v1.36.0", NOW + timedelta(days=1)) == status


def test_a_pod_that_wants_another_node_is_told_why_it_waits() -> None:
    subject = pod()
    subject["spec"]["nodeSelector"] = {"disk": "ssd"}
    assert "didn't match" in kubelet.why_not_here(subject, kubelet.node("v1"))
    subject["spec"]["nodeSelector"] = {"kubernetes.io/os": "linux"}
    assert kubelet.why_not_here(subject, kubelet.node("v1")) == ""
