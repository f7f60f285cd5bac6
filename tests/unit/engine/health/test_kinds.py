"""The kinds that most applications hold are judged as their controllers mean it."""

from __future__ import annotations

from typing import Any

import pytest

from holdfast.engine.health.judge import judge
from holdfast.model.health import Health


def _status(api_version: str, kind: str, **parts: Any) -> Health:
    report = judge({"apiVersion": api_version, "kind": kind, "metadata": {"name": "a"}, **parts})
    assert report is not None
    return report.status


def _condition(kind: str, status: str, reason: str = "") -> dict[str, Any]:
    return {"conditions": [{"type": kind, "status": status, "reason": reason}]}


WAITING = [{"state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}}]
CRASHED = [{"state": {}, "lastState": {"terminated": {"exitCode": 1}}}]


@pytest.mark.parametrize(
    ("spec", "status", "health"),
    [
        ({}, {"phase": "Running", **_condition("Ready", "True")}, Health.HEALTHY),
        ({}, {"phase": "Running"}, Health.PROGRESSING),
        ({}, {"phase": "Running", "containerStatuses": CRASHED}, Health.DEGRADED),
        ({}, {"phase": "Running", "containerStatuses": WAITING}, Health.DEGRADED),
        ({}, {"phase": "Pending"}, Health.PROGRESSING),
        ({"restartPolicy": "Never"}, {"phase": "Running", **_condition("Ready", "True")}, Health.PROGRESSING),
        ({"restartPolicy": "Never"}, {"phase": "Pending", "containerStatuses": WAITING}, Health.PROGRESSING),
        ({}, {"phase": "Succeeded"}, Health.HEALTHY),
        ({}, {"phase": "Failed"}, Health.DEGRADED),
        ({}, {}, Health.UNKNOWN),
    ],
)
def test_pod(spec: dict[str, Any], status: dict[str, Any], health: Health) -> None:
    assert _status("v1", "Pod", spec=spec, status=status) is health


@pytest.mark.parametrize(
    ("terminated", "message"),
    [
        ({"message": "no licence"}, "no licence"),
        ({"reason": "OOMKilled", "exitCode": 137}, "OOMKilled"),
        ({"exitCode": 3}, 'container "main" failed with exit code 3'),
    ],
)
def test_failed_pod_says_why(terminated: dict[str, Any], message: str) -> None:
    statuses = [{"name": "main", "state": {"terminated": terminated}}]
    report = judge({"apiVersion": "v1", "kind": "Pod", "status": {"phase": "Failed", "containerStatuses": statuses}})
    assert report is not None
    assert report.message == message


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ({}, Health.PROGRESSING),
        (_condition("Complete", "True"), Health.HEALTHY),
        (_condition("Failed", "True"), Health.DEGRADED),
        (_condition("Suspended", "True"), Health.SUSPENDED),
        (_condition("Suspended", "False"), Health.PROGRESSING),
    ],
)
def test_job(status: dict[str, Any], health: Health) -> None:
    assert _status("batch/v1", "Job", status=status) is health


@pytest.mark.parametrize(
    ("spec", "status", "health"),
    [
        ({}, {}, Health.HEALTHY),
        ({"suspend": True}, {}, Health.SUSPENDED),
        ({}, {"active": [{"name": "a"}]}, Health.PROGRESSING),
        ({}, {"lastScheduleTime": "2026-01-02T00:00:00Z"}, Health.DEGRADED),
        (
            {},
            {"lastScheduleTime": "2026-01-02T00:00:00Z", "lastSuccessfulTime": "2026-01-01T00:00:05Z"},
            Health.DEGRADED,
        ),
        (
            {},
            {"lastScheduleTime": "2026-01-02T00:00:00Z", "lastSuccessfulTime": "2026-01-02T00:00:05Z"},
            Health.HEALTHY,
        ),
    ],
)
def test_cron_job(spec: dict[str, Any], status: dict[str, Any], health: Health) -> None:
    assert _status("batch/v1", "CronJob", spec=spec, status=status) is health


@pytest.mark.parametrize(
    ("parts", "health"),
    [
        ({"spec": {"type": "ClusterIP"}}, Health.HEALTHY),
        ({"spec": {"type": "LoadBalancer"}}, Health.PROGRESSING),
        (
            {"spec": {"type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "10.0.0.1"}]}}},
            Health.HEALTHY,
        ),
    ],
)
def test_service(parts: dict[str, Any], health: Health) -> None:
    assert _status("v1", "Service", **parts) is health


def test_ingress_waits_for_its_address() -> None:
    assert _status("networking.k8s.io/v1", "Ingress") is Health.PROGRESSING


@pytest.mark.parametrize(
    ("conditions", "health"),
    [
        ([], Health.PROGRESSING),
        ([("AbleToScale", "True", "")], Health.HEALTHY),
        ([("AbleToScale", "True", ""), ("ScalingActive", "False", "FailedGetResourceMetric")], Health.DEGRADED),
        ([("ScalingActive", "False", "ScalingDisabled")], Health.PROGRESSING),
    ],
)
def test_horizontal_pod_autoscaler(conditions: list[tuple[str, str, str]], health: Health) -> None:
    status = {"conditions": [{"type": kind, "status": word, "reason": why} for kind, word, why in conditions]}
    assert _status("autoscaling/v2", "HorizontalPodAutoscaler", status=status) is health


@pytest.mark.parametrize(
    ("api_version", "kind"),
    [
        ("keda.sh/v1alpha1", "ScaledObject"),
        ("external-secrets.io/v1", "ExternalSecret"),
        ("external-secrets.io/v1", "ClusterSecretStore"),
        ("cert-manager.io/v1", "Certificate"),
        ("karpenter.sh/v1", "NodePool"),
        ("serving.knative.dev/v1", "Service"),
    ],
)
def test_kinds_with_a_ready_condition(api_version: str, kind: str) -> None:
    assert _status(api_version, kind) is Health.PROGRESSING
    assert _status(api_version, kind, status=_condition("Ready", "True")) is Health.HEALTHY
    assert _status(api_version, kind, status=_condition("Ready", "False", "Broken")) is Health.DEGRADED
    assert _status(api_version, kind, status=_condition("Ready", "Unknown")) is Health.PROGRESSING


def test_paused_scaled_object_is_suspended() -> None:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "Paused", "status": "True"}]
    assert _status("keda.sh/v1alpha1", "ScaledObject", status={"conditions": conditions}) is Health.SUSPENDED


def test_certificate_that_is_renewed_is_progressing() -> None:
    conditions = [{"type": "Ready", "status": "True"}, {"type": "Issuing", "status": "True"}]
    assert _status("cert-manager.io/v1", "Certificate", status={"conditions": conditions}) is Health.PROGRESSING


@pytest.mark.parametrize(
    ("status", "health"),
    [
        ({}, Health.HEALTHY),
        (_condition("ErrorOccurred", "True"), Health.DEGRADED),
        (_condition("RolloutProgressing", "True"), Health.PROGRESSING),
        (_condition("ResourcesUpToDate", "True"), Health.HEALTHY),
        (_condition("ResourcesUpToDate", "False"), Health.PROGRESSING),
    ],
)
def test_application_set(status: dict[str, Any], health: Health) -> None:
    assert _status("argoproj.io/v1alpha1", "ApplicationSet", status=status) is health


@pytest.mark.parametrize("word", [health.value for health in Health])
def test_application_hands_on_its_own_health(word: str) -> None:
    assert _status("argoproj.io/v1alpha1", "Application", status={"health": {"status": word}}) is Health(word)


def test_kinds_of_a_family_of_groups_share_a_check() -> None:
    assert _status("s3.aws.upbound.io/v1beta1", "Bucket", status=_condition("Ready", "True")) is Health.HEALTHY
    assert _status("sqs.services.k8s.aws/v1", "Queue", status=_condition("ACK.Terminal", "True")) is Health.DEGRADED


@pytest.mark.parametrize(
    ("status", "health"),
    [("Accepted", Health.HEALTHY), ("ResolvedRefs", Health.HEALTHY)],
)
def test_route_that_its_parents_accept(status: str, health: Health) -> None:
    row = {"type": status, "status": "True", "observedGeneration": 1}
    assert _status("gateway.networking.k8s.io/v1", "HTTPRoute", status={"parents": [{"conditions": [row]}]}) is health


def test_route_with_a_wrong_reference_is_degraded() -> None:
    row = {"type": "ResolvedRefs", "status": "False", "reason": "BackendNotFound"}
    parents = {"parents": [{"conditions": [row]}]}
    assert _status("gateway.networking.k8s.io/v1", "HTTPRoute", status=parents) is Health.DEGRADED


def test_kind_without_a_check_has_no_report() -> None:
    assert judge({"apiVersion": "v1", "kind": "ConfigMap"}) is None


def test_what_is_being_deleted_is_progressing() -> None:
    report = judge({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}})
    assert report is not None
    assert (report.status, report.message) == (Health.PROGRESSING, "Pending deletion")


def test_hook_that_only_its_finalizer_holds_is_judged_as_ever() -> None:
    metadata = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["argocd.argoproj.io/hook-finalizer"]}
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "status": _condition("Complete", "True")}
    report = judge(job)
    assert report is not None
    assert report.status is Health.HEALTHY


SOURCE = {"repoURL": "https://git.example.com/web.git", "path": "app", "targetRevision": "main"}
CHANGED = [{"kind": "ConfigMap", "name": "settings", "status": "OutOfSync"}]
LEFT_OVER = [{"kind": "ConfigMap", "name": "settings", "status": "OutOfSync", "requiresPruning": True}]


@pytest.mark.parametrize(
    ("compared", "automated", "attempted", "resources", "health"),
    [
        (SOURCE, {}, "new", [], Health.HEALTHY),
        ({**SOURCE, "chart": ""}, {}, "new", [], Health.HEALTHY),
        ({**SOURCE, "targetRevision": "v1"}, {}, "new", [], Health.PROGRESSING),
        (SOURCE, {}, "old", CHANGED, Health.PROGRESSING),
        (SOURCE, {}, "new", CHANGED, Health.HEALTHY),
        (SOURCE, {"enabled": False}, "old", CHANGED, Health.HEALTHY),
        (SOURCE, None, "old", CHANGED, Health.HEALTHY),
        (SOURCE, {}, "old", LEFT_OVER, Health.HEALTHY),
        (SOURCE, {"prune": True}, "old", LEFT_OVER, Health.PROGRESSING),
    ],
)
def test_an_application_is_not_healthy_before_it_has_what_its_spec_asks_for(
    compared: dict[str, Any],
    automated: dict[str, Any] | None,
    attempted: str,
    resources: list[dict[str, Any]],
    health: Health,
) -> None:
    status = {
        "health": {"status": "Healthy"},
        "sync": {"status": "OutOfSync", "revision": "new", "comparedTo": {"source": compared}},
        "operationState": {"syncResult": {"revision": attempted, "source": SOURCE}},
        "resources": resources,
    }
    spec = {"source": SOURCE, "syncPolicy": {"automated": automated} if automated is not None else {}}
    assert _status("argoproj.io/v1alpha1", "Application", spec=spec, status=status) is health
