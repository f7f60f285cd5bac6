"""The example repository: its Applications, its services in every environment, its definitions of kinds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from holdfast.engine.lang.globs import matches
from holdfast.model.kube import KubeObject, kind_of, name_of
from tests.unit.examples.charts import CONFIGURATION, EXAMPLES, merged, read_yaml, rendered, service_chart

FILES = {"dev": "argocd-app.yaml", "stage": "argocd-app.stage.yaml", "prod": "argocd-app.prod.yaml"}
SERVICES = ("microservice-communication", "microservice-identity", "microservice-search")
COMPONENTS = ("communication-redis", "platform-guardrails", "platform-secrets")
STANDARD = (
    "DestinationRule",
    "PeerAuthentication",
    "Service",
    "ServiceAccount",
    "Telemetry",
    "VirtualService",
)
WORKLOADS = {
    "microservice-communication": ("Rollout", "AnalysisTemplate", "Service"),
    "microservice-identity": ("Deployment",),
    "microservice-search": ("Rollout", "AnalysisTemplate", "Service"),
}
SCALERS = {"microservice-communication": ("ScaledObject",), "microservice-search": ("HorizontalPodAutoscaler",)}
MANIFESTS = sorted(CONFIGURATION.glob("projects/*/*/manifests/*.yaml"))


def applications(environment: str) -> dict[str, KubeObject]:
    found = [read_yaml(file)[0] for file in sorted(CONFIGURATION.glob(f"projects/*/*/{FILES[environment]}"))]
    return {name_of(application): application for application in found}


def root(environment: str) -> KubeObject:
    return read_yaml(CONFIGURATION / "environments" / environment / "root.yaml")[0]


def test_the_standard_application_is_the_one_of_the_mission() -> None:
    application = read_yaml(CONFIGURATION / "projects/orofi/microservice-identity/argocd-app.yaml")
    assert application == [
        {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {"name": "microservice-identity", "namespace": "argocd"},
            "spec": {
                "project": "default",
                "source": {
                    "repoURL": "git@bitbucket.org:oro-codebase/microservice-identity.git",
                    "path": "helm/",
                    "targetRevision": "HEAD",
                },
                "destination": {"server": "https://kubernetes.default.svc", "namespace": "microservice-identity"},
                "syncPolicy": {
                    "automated": {"prune": True, "selfHeal": True},
                    "syncOptions": ["CreateNamespace=true"],
                },
            },
        }
    ]


@pytest.mark.parametrize("environment", FILES)
def test_every_environment_has_every_application(environment: str) -> None:
    assert sorted(applications(environment)) == sorted(SERVICES + COMPONENTS)


@pytest.mark.parametrize("environment", FILES)
@pytest.mark.parametrize("separators", ["", "/"])
def test_the_root_includes_the_files_of_its_environment_alone(environment: str, separators: str) -> None:
    source = root(environment)["spec"]["source"]
    folder = CONFIGURATION / source["path"]
    files = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
    included = {file for file in files if matches(source["directory"]["include"], file, separators)}
    assert source["directory"]["recurse"] is True
    assert included == {file for file in files if file.rpartition("/")[2] == FILES[environment]}
    assert len(included) == len(SERVICES + COMPONENTS)


@pytest.mark.parametrize("environment", FILES)
def test_nothing_is_automated_in_prod_alone(environment: str) -> None:
    for application in [root(environment), *applications(environment).values()]:
        automated = (application["spec"].get("syncPolicy") or {}).get("automated")
        assert automated == (None if environment == "prod" else {"prune": True, "selfHeal": True})


@pytest.mark.parametrize("environment", FILES)
@pytest.mark.parametrize("service", SERVICES)
def test_every_service_renders_in_every_environment(service: str, environment: str, tmp_path: Path) -> None:
    chart = service_chart(service, tmp_path)
    helm = applications(environment)[service]["spec"]["source"].get("helm") or {"valueFiles": ["values.yaml"]}
    values: dict[str, Any] = merged(*(read_yaml(chart / name)[0] for name in helm["valueFiles"]))
    objects = rendered(chart, values, service, service)
    assert sorted(map(kind_of, objects)) == sorted(STANDARD + WORKLOADS[service] + SCALERS.get(service, ()))
    workload = next(obj for obj in objects if kind_of(obj) == WORKLOADS[service][0])
    env = {item["name"]: item.get("value") for item in workload["spec"]["template"]["spec"]["containers"][0]["env"]}
    assert env["ENVIRONMENT"] == environment
    account = next(obj for obj in objects if kind_of(obj) == "ServiceAccount")
    assert account["metadata"]["annotations"]["iam.gke.io/gcp-service-account"].endswith(
        f"@orofi-{environment}.iam.gserviceaccount.com"
    )
    for obj in objects:
        check_custom(obj)


@pytest.mark.parametrize("file", MANIFESTS, ids=lambda file: "/".join(file.parts[-3:]))
def test_plain_manifests_are_whole(file: Path) -> None:
    for obj in read_yaml(file):
        assert obj["apiVersion"]
        assert kind_of(obj)
        assert name_of(obj)
        check_custom(obj)


def definitions() -> list[KubeObject]:
    return [document for file in sorted((EXAMPLES / "crds").glob("*.yaml")) for document in read_yaml(file)]


SCHEMAS = {
    (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]): version["schema"]["openAPIV3Schema"]
    for crd in definitions()
    for version in crd["spec"]["versions"]
}


def check_custom(obj: KubeObject) -> None:
    """What is of a kind that the examples define must fit the definition."""
    schema = SCHEMAS.get((obj["apiVersion"], kind_of(obj)))
    if schema is not None:
        jsonschema_rs.validate(schema, obj)
    else:
        assert not obj["apiVersion"].endswith(("istio.io/v1", "keda.sh/v1alpha1", "external-secrets.io/v1"))


def test_the_definitions_serve_the_kinds_that_the_examples_use() -> None:
    kinds = {kind for _, kind in SCHEMAS}
    assert kinds == {
        "VirtualService",
        "DestinationRule",
        "Gateway",
        "PeerAuthentication",
        "Telemetry",
        "ScaledObject",
        "TriggerAuthentication",
        "ExternalSecret",
        "SecretStore",
        "ClusterSecretStore",
    }
    for crd in definitions():
        spec = crd["spec"]
        assert name_of(crd) == f"{spec['names']['plural']}.{spec['group']}"
        assert [version["storage"] for version in spec["versions"]].count(True) == 1


def test_every_external_secret_finds_its_pretended_cloud_secret() -> None:
    cloud = read_yaml(EXAMPLES / "cloud-secrets.yaml")[0]
    wanted = {
        item["remoteRef"]["key"]
        for file in MANIFESTS
        for obj in read_yaml(file)
        if kind_of(obj) == "ExternalSecret"
        for item in obj["spec"]["data"]
    }
    assert wanted == set(cloud)


def test_the_key_of_the_repositories_becomes_a_credential_template() -> None:
    external = read_yaml(CONFIGURATION / "projects/platform/secrets/manifests/bitbucket-ssh-key.yaml")[0]
    by_hand = read_yaml(CONFIGURATION / "bootstrap/bitbucket-ssh-key.yaml")[0]
    template = external["spec"]["target"]["template"]
    assert (external["metadata"]["namespace"], name_of(external)) == ("argocd", "bitbucket-ssh-key")
    assert template["metadata"]["labels"] == {"argocd.argoproj.io/secret-type": "repo-creds"}
    assert by_hand["metadata"]["labels"] == template["metadata"]["labels"]
    assert by_hand["stringData"]["url"] == template["data"]["url"] == "git@bitbucket.org:oro-codebase"
    assert by_hand["stringData"]["sshPrivateKey"] == ""
