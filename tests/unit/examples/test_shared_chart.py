"""The chart orofi-application: what it makes, and how it says what is wrong with values."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helm_python import HelmError

from tests.unit.examples.charts import CHART, read_yaml, shared_chart

TEMPLATES = {
    "deployment.yaml",
    "service.yaml",
    "namespace.yaml",
    "serviceaccount.yaml",
    "hpa.yaml",
    "virtualservice.yaml",
    "destinationrule.yaml",
    "peerauthentication.yaml",
    "telemetry.yaml",
    "keda-scaledobject.yaml",
    "rollout.yaml",
}
MESH = {"VirtualService/app", "DestinationRule/app", "PeerAuthentication/default", "Telemetry/app"}
ALWAYS = {"Service/app", "ServiceAccount/app"} | MESH
KEDA = {"enabled": True, "triggers": [{"type": "cron", "metadata": {"start": "{{ .Release.Name }}"}}]}


def test_the_chart_has_exactly_its_templates() -> None:
    assert {file.name for file in (CHART / "templates").iterdir()} == TEMPLATES | {"_helpers.tpl"}
    chart = read_yaml(CHART / "Chart.yaml")[0]
    assert (chart["name"], chart["version"]) == ("orofi-application", "0.1.0")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, ALWAYS | {"Deployment/app"}),
        ({"namespace": {"create": True}}, ALWAYS | {"Deployment/app", "Namespace/team"}),
        ({"autoscaling": {"enabled": True}}, ALWAYS | {"Deployment/app", "HorizontalPodAutoscaler/app"}),
        ({"keda": KEDA}, ALWAYS | {"Deployment/app", "ScaledObject/app"}),
        ({"istio": {"enabled": False}}, ALWAYS - MESH | {"Deployment/app"}),
        ({"service": {"enabled": False}}, ALWAYS - {"Service/app"} | {"Deployment/app"}),
        ({"serviceAccount": {"create": False}}, ALWAYS - {"ServiceAccount/app"} | {"Deployment/app"}),
        ({"rollout": {"enabled": True}}, ALWAYS | {"Rollout/app"}),
        (
            {"rollout": {"enabled": True, "canary": {"trafficRouting": True}}},
            ALWAYS | {"Rollout/app", "Service/app-canary"},
        ),
        (
            {"rollout": {"enabled": True, "strategy": "blueGreen"}},
            ALWAYS | {"Rollout/app", "Service/app-preview"},
        ),
        (
            {"istio": {"peerAuthentication": {"namespaceWide": False}}},
            ALWAYS - {"PeerAuthentication/default"} | {"PeerAuthentication/app", "Deployment/app"},
        ),
    ],
)
def test_values_choose_the_objects(values: dict[str, Any], expected: set[str]) -> None:
    assert set(shared_chart(**values)) == expected


def pod_of(workload: dict[str, Any]) -> dict[str, Any]:
    spec: dict[str, Any] = workload["spec"]["template"]["spec"]
    return spec


def test_containers_listen_on_port_80_and_are_asked_for_their_health() -> None:
    container = pod_of(shared_chart()["Deployment/app"])["containers"][0]
    assert container["ports"] == [{"name": "http", "containerPort": 80, "protocol": "TCP"}]
    for probe, period in (("livenessProbe", 300), ("readinessProbe", 5)):
        assert container[probe]["httpGet"] == {"path": "/health", "port": "http"}
        assert (container[probe]["initialDelaySeconds"], container[probe]["periodSeconds"]) == (30, period)


def test_path_and_figures_of_probes_can_be_set() -> None:
    probes = {"readiness": {"path": "/ready", "initialDelaySeconds": 3}, "liveness": {"enabled": False}}
    container = pod_of(shared_chart(probes=probes)["Deployment/app"])["containers"][0]
    assert "livenessProbe" not in container
    assert container["readinessProbe"]["httpGet"]["path"] == "/ready"
    assert container["readinessProbe"]["initialDelaySeconds"] == 3
    assert container["readinessProbe"]["periodSeconds"] == 5


def test_redis_bypasses_the_sidecar() -> None:
    metadata = shared_chart()["Deployment/app"]["spec"]["template"]["metadata"]
    assert metadata["annotations"] == {"traffic.sidecar.istio.io/excludeOutboundPorts": "6379"}
    assert metadata["labels"]["sidecar.istio.io/inject"] == "true"


@pytest.mark.parametrize("workload", ["Deployment", "Rollout"])
def test_the_pod_meets_the_restricted_standard(workload: str) -> None:
    """Source: https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted"""
    pod = pod_of(shared_chart(rollout={"enabled": workload == "Rollout"})[f"{workload}/app"])
    safe_sysctls = {"net.ipv4.ip_unprivileged_port_start"}
    allowed_volumes = {
        "configMap",
        "csi",
        "downwardAPI",
        "emptyDir",
        "ephemeral",
        "persistentVolumeClaim",
        "projected",
        "secret",
    }
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert {sysctl["name"] for sysctl in pod["securityContext"]["sysctls"]} <= safe_sysctls
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)
    assert all(set(volume) - {"name"} <= allowed_volumes for volume in pod["volumes"])
    for container in pod["containers"]:
        security = container["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert security["capabilities"] == {"drop": ["ALL"]}
        assert security["readOnlyRootFilesystem"] is True
        assert not security.get("privileged", False)
        assert not any("hostPort" in port for port in container["ports"])
        assert {"name": "tmp", "mountPath": "/tmp"} in container["volumeMounts"]


@pytest.mark.parametrize(
    ("values", "target"),
    [
        ({"autoscaling": {"enabled": True}}, ("apps/v1", "Deployment")),
        ({"autoscaling": {"enabled": True}, "rollout": {"enabled": True}}, ("argoproj.io/v1alpha1", "Rollout")),
        ({"keda": KEDA}, ("apps/v1", "Deployment")),
        ({"keda": KEDA, "rollout": {"enabled": True}}, ("argoproj.io/v1alpha1", "Rollout")),
    ],
)
def test_a_scaler_points_at_the_workload_which_then_names_no_replicas(
    values: dict[str, Any], target: tuple[str, str]
) -> None:
    objects = shared_chart(**values)
    scaler = objects.get("HorizontalPodAutoscaler/app") or objects["ScaledObject/app"]
    reference = scaler["spec"]["scaleTargetRef"]
    assert reference == {"apiVersion": target[0], "kind": target[1], "name": "app"}
    assert "replicas" not in objects[f"{target[1]}/app"]["spec"]
    assert shared_chart()["Deployment/app"]["spec"]["replicas"] == 2


def test_the_hpa_looks_at_cpu_and_memory() -> None:
    hpa = shared_chart(autoscaling={"enabled": True})["HorizontalPodAutoscaler/app"]
    assert hpa["apiVersion"] == "autoscaling/v2"
    found = {
        item["resource"]["name"]: item["resource"]["target"]["averageUtilization"] for item in hpa["spec"]["metrics"]
    }
    assert found == {"cpu": 70, "memory": 80}


def test_triggers_may_hold_templates() -> None:
    triggers = shared_chart(keda=KEDA)["ScaledObject/app"]["spec"]["triggers"]
    assert triggers == [{"type": "cron", "metadata": {"start": "app"}}]


def test_a_canary_goes_in_three_steps_with_pauses() -> None:
    strategy = shared_chart(rollout={"enabled": True})["Rollout/app"]["spec"]["strategy"]
    pause = {"pause": {"duration": "5m"}}
    assert strategy["canary"]["steps"] == [{"setWeight": 10}, pause, {"setWeight": 30}, pause, {"setWeight": 100}]
    assert "trafficRouting" not in strategy["canary"]


def test_a_canary_under_traffic_routing_splits_the_route_of_the_virtual_service() -> None:
    objects = shared_chart(rollout={"enabled": True, "canary": {"trafficRouting": True}})
    canary = objects["Rollout/app"]["spec"]["strategy"]["canary"]
    assert (canary["stableService"], canary["canaryService"]) == ("app", "app-canary")
    assert canary["trafficRouting"] == {"istio": {"virtualService": {"name": "app", "routes": ["primary"]}}}
    route = objects["VirtualService/app"]["spec"]["http"][0]
    assert route["name"] == "primary"
    assert [item["weight"] for item in route["route"]] == [100, 0]


def test_blue_green_waits_for_promotion_and_names_its_services() -> None:
    strategy = shared_chart(rollout={"enabled": True, "strategy": "blueGreen"})["Rollout/app"]["spec"]["strategy"]
    assert strategy == {
        "blueGreen": {
            "activeService": "app",
            "previewService": "app-preview",
            "autoPromotionEnabled": False,
            "previewReplicaCount": 1,
            "scaleDownDelaySeconds": 30,
        }
    }


def test_the_service_account_is_bound_to_google() -> None:
    account = shared_chart(serviceAccount={"gcpServiceAccount": "app@p.iam.gserviceaccount.com"})["ServiceAccount/app"]
    assert account["metadata"]["annotations"] == {"iam.gke.io/gcp-service-account": "app@p.iam.gserviceaccount.com"}


def test_the_mesh_refuses_plain_text_and_breaks_circuits() -> None:
    objects = shared_chart()
    host = "app.team.svc.cluster.local"
    assert objects["PeerAuthentication/default"]["spec"] == {"mtls": {"mode": "STRICT"}}
    assert objects["VirtualService/app"]["spec"]["hosts"] == [host]
    policy = objects["DestinationRule/app"]["spec"]["trafficPolicy"]
    assert objects["DestinationRule/app"]["spec"]["host"] == host
    assert policy["outlierDetection"]["consecutive5xxErrors"] == 5
    assert policy["loadBalancer"] == {"simple": "LEAST_REQUEST"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"imag": {}}, "additional properties 'imag' not allowed"),
        ({"image": {"tag": 1.0}}, "at '/image/tag': got number, want string"),
        ({"image": {"repository": ""}}, "image.repository: which image does the service run?"),
        ({"image": {"tag": ""}}, "image.tag (or image.digest): which version"),
        ({"replicaCount": "2"}, "at '/replicaCount': got string, want integer"),
        ({"probes": {"liveness": {"path": "health"}}}, "at '/probes/liveness/path': 'health' does not match pattern"),
        ({"rollout": {"strategy": "green"}}, "at '/rollout/strategy': value must be one of 'canary', 'blueGreen'"),
        ({"rollout": {"canary": {"steps": [{"setWeight": 101}]}}}, "at '/rollout/canary/steps/0/setWeight'"),
        ({"rollout": {"canary": {"steps": [{"weight": 1}]}}}, "additional properties 'weight' not allowed"),
        ({"keda": {"enabled": True}}, "at '/keda/triggers': minItems: got 0, want 1"),
        ({"keda": KEDA, "autoscaling": {"enabled": True}}, "choose one, KEDA makes an HPA of its own"),
        ({"istio": {"excludeOutboundPorts": 6379}}, "at '/istio/excludeOutboundPorts': got number, want string"),
        (
            {"service": {"enabled": False}, "rollout": {"enabled": True, "strategy": "blueGreen"}},
            "this strategy of the Rollout switches Services",
        ),
    ],
)
def test_wrong_values_are_named(values: dict[str, Any], says: str) -> None:
    with pytest.raises(HelmError) as caught:
        shared_chart(**values)
    assert says in str(caught.value)


def test_every_value_stands_in_the_readme_and_in_the_schema() -> None:
    readme = (CHART / "README.md").read_text()
    schema = json.loads((CHART / "values.schema.json").read_text())

    def walk(values: dict[str, Any], described: dict[str, Any], path: str) -> None:
        for key, value in values.items():
            assert f"| `{path}{key}` |" in readme, f"{path}{key} is not in README.md"
            assert described["properties"][key]["description"], f"{path}{key} is not described"
            if isinstance(value, dict) and "properties" in described["properties"][key] and key != "resources":
                walk(value, described["properties"][key], f"{path}{key}.")

    walk(read_yaml(CHART / "values.yaml")[0], schema, "")
