"""Endpoints, autoscalers, KEDA, external secrets, volumes and load balancers as pure decisions."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from holdfast.model.discovery import ResourceType
from holdfast.model.kube import KubeObject, name_of
from holdfast.sandbox.simulators import conditions, keda
from holdfast.sandbox.simulators.cloud_secrets import CloudSecretError, CloudSecrets
from holdfast.sandbox.simulators.endpoints import decide_endpoints
from holdfast.sandbox.simulators.external_secrets import collected, secret_of, status_after, timing
from holdfast.sandbox.simulators.horizontal_pod_autoscalers import UTILIZATION, decide_autoscaler
from holdfast.sandbox.simulators.load_balancers import decide_load_balancer
from holdfast.sandbox.simulators.persistent_volumes import claim_status, volume_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def metadata(name: str = "x", **more: Any) -> dict[str, Any]:
    return {"name": name, "namespace": "shop", "uid": f"uid-{name}", "generation": 1, **more}


def pod(name: str, *, ready: bool = True, ip: str = "10.0.0.1", phase: str = "Running", **more: Any) -> KubeObject:
    ports = [{"name": "http", "containerPort": 8080}]
    return {
        "metadata": metadata(name, labels={"app": "web"}, **more),
        "spec": {"nodeName": "n", "containers": [{"name": "c", "ports": ports}]},
        "status": {"phase": phase, "podIP": ip, "conditions": [{"type": "Ready", "status": str(ready)}]},
    }


def service(**spec: Any) -> KubeObject:
    ports = [{"name": "http", "port": 80, "targetPort": "http", "protocol": "TCP"}]
    spec = {"selector": {"app": "web"}, "ports": ports, **spec}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata("web"), "spec": spec}


def test_ready_pods_are_published_with_their_own_ports() -> None:
    pods = [pod("a"), pod("b", ready=False), pod("c", ip=""), pod("d", phase="Succeeded")]
    decision = decide_endpoints(service(), [*pods, pod("e", deletionTimestamp="2026-01-01T00:00:00Z")])
    assert decision is not None
    assert [(each["targetRef"]["name"], each["conditions"]["ready"]) for each in decision.slice["endpoints"]] == [
        ("a", True),
        ("b", False),
        ("e", False),
    ]
    assert decision.slice["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    [subset] = decision.endpoints["subsets"]
    assert [each["targetRef"]["name"] for each in subset["addresses"]] == ["a"]
    assert [each["targetRef"]["name"] for each in subset["notReadyAddresses"]] == ["b"]


@pytest.mark.parametrize("spec", [{"selector": None}, {"type": "ExternalName"}])
def test_a_service_that_names_no_pods_gets_no_endpoints(spec: dict[str, Any]) -> None:
    assert decide_endpoints(service(**spec), [pod("a")]) is None


def autoscaler(used: str = "", low: int = 2, high: int = 6, goal: int = 50) -> KubeObject:
    target = {"type": "Utilization", "averageUtilization": goal}
    return {
        "metadata": metadata(annotations={UTILIZATION: used} if used else {}),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "minReplicas": low,
            "maxReplicas": high,
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": target}}],
        },
    }


@pytest.mark.parametrize(
    ("used", "current", "scale_to", "limited"),
    [
        ("", 3, None, "DesiredWithinRange"),
        ("", 1, 2, "TooFewReplicas"),
        ("", 9, 6, "TooManyReplicas"),
        ("75", 3, 5, "DesiredWithinRange"),
        ("52", 3, None, "DesiredWithinRange"),
        ("200%", 3, 6, "TooManyReplicas"),
        ("5", 4, 2, "TooFewReplicas"),
    ],
)
def test_the_load_and_the_limits_decide_the_size(used: str, current: int, scale_to: int | None, limited: str) -> None:
    decision = decide_autoscaler(autoscaler(used), {"spec": {"replicas": current}}, NOW)
    assert decision.scale_to == scale_to
    assert conditions.find(decision.status["conditions"], "ScalingLimited")["reason"] == limited
    assert decision.status["currentMetrics"][0]["resource"]["current"]["averageUtilization"] == int(
        used.removesuffix("%") or 50
    )


def test_an_autoscaler_leaves_a_target_of_zero_alone_and_says_when_there_is_none() -> None:
    zero = decide_autoscaler(autoscaler(), {"spec": {"replicas": 0}}, NOW)
    assert zero.scale_to is None
    assert conditions.find(zero.status["conditions"], "ScalingActive")["reason"] == "ScalingDisabled"
    missing = decide_autoscaler(autoscaler(), None, NOW)
    assert conditions.find(missing.status["conditions"], "AbleToScale")["reason"] == "FailedGetScale"


DEPLOYMENT = ResourceType("apps", "v1", "Deployment", "deployments", namespaced=True)
TARGET = {"spec": {"replicas": 2}}


def scaled_object(annotations: dict[str, str] | None = None, **spec: Any) -> KubeObject:
    triggers = [
        {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70"}},
        {"type": "redis", "metadata": {"listName": "jobs", "listLength": "10"}},
    ]
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": metadata("worker", annotations=annotations or {}),
        "spec": {
            "scaleTargetRef": {"name": "web"},
            "minReplicaCount": 0,
            "maxReplicaCount": 5,
            "triggers": triggers,
            **spec,
        },
    }


def test_a_scaled_object_becomes_an_autoscaler_and_ready() -> None:
    decision = keda.decide_scaled_object(scaled_object(), TARGET, DEPLOYMENT)
    assert decision.autoscaler is not None
    spec = decision.autoscaler["spec"]
    assert name_of(decision.autoscaler) == "keda-hpa-worker"
    assert (spec["minReplicas"], spec["maxReplicas"]) == (1, 5)
    assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}
    assert spec["metrics"][0]["resource"]["target"] == {"type": "Utilization", "averageUtilization": 70}
    assert spec["metrics"][1]["external"]["metric"]["name"] == "s1-redis-jobs"
    assert spec["metrics"][1]["external"]["target"] == {"type": "AverageValue", "averageValue": "10"}
    status = decision.status
    assert [(each["type"], each["status"]) for each in status["conditions"]] == [
        ("Ready", "True"),
        ("Active", "True"),
        ("Fallback", "False"),
        ("Paused", "False"),
    ]
    assert (status["hpaName"], status["scaleTargetKind"]) == ("keda-hpa-worker", "apps/v1.Deployment")
    assert (status["externalMetricNames"], status["originalReplicaCount"]) == (["s1-redis-jobs"], 2)


@pytest.mark.parametrize(
    ("annotations", "paused", "scale_to"),
    [
        ({keda.PAUSED: "true"}, True, None),
        ({keda.PAUSED_REPLICAS: "0"}, True, 0),
        ({keda.PAUSED_REPLICAS: "2"}, True, None),
        ({keda.PAUSED: "false"}, False, None),
    ],
)
def test_pausing_takes_the_autoscaler_away(annotations: dict[str, str], paused: bool, scale_to: int | None) -> None:
    decision = keda.decide_scaled_object(scaled_object(annotations), TARGET, DEPLOYMENT)
    assert (decision.autoscaler is None, decision.scale_to) == (paused, scale_to)
    assert conditions.is_true(decision.status["conditions"], "Paused") == paused


def test_a_scaled_object_without_its_target_is_not_ready() -> None:
    decision = keda.decide_scaled_object(scaled_object(), None, DEPLOYMENT)
    assert decision.autoscaler is None
    assert conditions.find(decision.status["conditions"], "Ready")["reason"] == "ScaledObjectCheckFailed"


SECRETS = {
    "plain": "hello",
    "number": 7,
    "mapping": {"user": "jane", "nested": {"deep": "x"}},
    "json": json.dumps({"user": "joe", "password": "pw"}),
}


@pytest.fixture
def cloud(tmp_path: Path) -> CloudSecrets:
    (tmp_path / "secrets.json").write_text(json.dumps(SECRETS))
    return CloudSecrets(tmp_path / "secrets.json")


def external_secret(**spec: Any) -> KubeObject:
    return {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ExternalSecret",
        "metadata": metadata("db"),
        "spec": {"secretStoreRef": {"name": "cloud"}, "refreshInterval": "1h", **spec},
    }


def remote(key: str, of: str, secret_property: str = "") -> dict[str, Any]:
    reference = {"key": of, **({"property": secret_property} if secret_property else {})}
    return {"secretKey": key, "remoteRef": reference}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"data": [remote("a", "plain"), remote("b", "number")]}, {"a": "hello", "b": "7"}),
        ({"data": [remote("a", "mapping", "user"), remote("b", "json", "password")]}, {"a": "jane", "b": "pw"}),
        ({"data": [remote("a", "mapping", "nested.deep")]}, {"a": "x"}),
        ({"dataFrom": [{"extract": {"key": "json"}}]}, {"user": "joe", "password": "pw"}),
        (
            {"dataFrom": [{"extract": {"key": "json"}}], "data": [remote("user", "plain")]},
            {"user": "hello", "password": "pw"},
        ),
    ],
)
def test_values_come_from_the_cloud(cloud: CloudSecrets, spec: dict[str, Any], expected: dict[str, str]) -> None:
    assert collected(spec, cloud) == expected


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"data": [remote("a", "absent")]}, "secret absent does not exist"),
        ({"data": [remote("a", "json", "absent")]}, "key absent does not exist in secret json"),
        ({"dataFrom": [{"extract": {"key": "plain"}}]}, "secret plain holds no properties"),
        ({"dataFrom": [{"find": {}}]}, "only dataFrom.extract"),
    ],
)
def test_what_is_missing_is_named_without_its_value(cloud: CloudSecrets, spec: dict[str, Any], message: str) -> None:
    with pytest.raises(CloudSecretError, match=message):
        collected(spec, cloud)


def test_a_broken_file_shows_none_of_its_content(tmp_path: Path) -> None:
    (tmp_path / "secrets.yaml").write_text("password: [s3cret")
    with pytest.raises(CloudSecretError) as raised:
        CloudSecrets(tmp_path / "secrets.yaml").value("password")
    assert "s3cret" not in str(raised.value)
    with pytest.raises(CloudSecretError, match="does not exist"):
        CloudSecrets(None).value("password")


def test_a_secret_is_made_as_its_template_says() -> None:
    template = {
        "type": "kubernetes.io/basic-auth",
        "metadata": {"labels": {"team": "a"}},
        "data": {"url": "redis://{{ .user }}:{{.pw}}@host/{{ .unknown }}"},
    }
    external = external_secret(target={"name": "made", "template": template})
    made = secret_of(external, {"user": "u", "pw": "p"})
    assert (name_of(made), made["type"], made["metadata"]["labels"]["team"]) == (
        "made",
        "kubernetes.io/basic-auth",
        "a",
    )
    assert {key: base64.b64decode(value).decode() for key, value in made["data"].items()} == {
        "url": "redis://u:p@host/{{ .unknown }}"
    }
    assert made["metadata"]["ownerReferences"][0]["name"] == "db"
    orphan = secret_of(external_secret(target={"creationPolicy": "Orphan"}), {})
    assert "ownerReferences" not in orphan["metadata"]


def test_a_synced_secret_is_refreshed_at_its_interval_only() -> None:
    external = external_secret(refreshInterval="10m")
    assert timing(external, NOW).due
    external["status"] = status_after(external, "", NOW)
    assert conditions.find(external["status"]["conditions"], "Ready")["reason"] == "SecretSynced"
    early = timing(external, NOW + timedelta(minutes=4))
    assert (early.due, early.again) == (False, timedelta(minutes=6))
    assert timing(external, NOW + timedelta(minutes=10)).due
    external["spec"]["refreshInterval"] = "0s"
    external["status"] = status_after(external, "", NOW)
    assert (timing(external, NOW + timedelta(days=9)).due, timing(external, NOW).again) == (False, None)


def test_a_failure_is_reported_and_tried_again_soon() -> None:
    external = external_secret()
    external["status"] = status_after(external, "secret absent does not exist", NOW)
    [ready] = external["status"]["conditions"]
    assert (ready["status"], ready["reason"]) == ("False", "SecretSyncedError")
    assert ready["message"].endswith("secret absent does not exist")
    external["status"] = {**status_after(external, "", NOW), "conditions": [ready]}
    assert timing(external, NOW).again == timedelta(seconds=30)


def test_a_claim_gets_the_volume_it_asks_for() -> None:
    spec = {
        "accessModes": ["ReadWriteMany"],
        "resources": {"requests": {"storage": "5Gi"}},
        "storageClassName": "fast",
    }
    claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata("data"), "spec": spec}
    volume = volume_for(claim)
    assert (name_of(volume), volume["spec"]["capacity"], volume["spec"]["storageClassName"]) == (
        "pvc-uid-data",
        {"storage": "5Gi"},
        "fast",
    )
    assert claim_status(claim) == {"phase": "Bound", "accessModes": ["ReadWriteMany"], "capacity": {"storage": "5Gi"}}


def test_a_load_balancer_gets_an_address_and_keeps_it() -> None:
    subject = service(type="LoadBalancer")
    subject["status"] = decide_load_balancer(subject)
    assert subject["status"]["loadBalancer"]["ingress"][0]["ip"].startswith("203.0.113.")
    assert decide_load_balancer(subject) == subject["status"]
    subject["spec"]["type"] = "ClusterIP"
    assert decide_load_balancer(subject) == {"loadBalancer": {}}
    assert decide_load_balancer(service(type="ClusterIP")) == {}
    ingress = {"kind": "Ingress", "metadata": metadata("web"), "spec": {}}
    assert set(decide_load_balancer(ingress)["loadBalancer"]["ingress"][0]) == {"ip"}
