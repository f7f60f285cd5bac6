"""The cluster is kept at what Git says: by hand, by commit, by deletion, by mistake."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from holdfast.model.kube import KubeObject
from holdfast.ports.cluster import Cluster, PatchKind
from tests.e2e.up_process import (
    DEPLOYMENT,
    SERVICE,
    UpProcess,
    WorkingCopy,
    condition_text,
    is_settled,
    new_repository,
)

pytestmark = [pytest.mark.real_time, pytest.mark.timeout(240), pytest.mark.xdist_group("up")]
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: {value}\n"
SERVICE_MANIFEST = """apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}]
"""
DEPLOYMENT_MANIFEST = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "registry.example.org/web:1"}]
"""


def _settled(up: UpProcess, name: str) -> KubeObject:
    return up.application_that(name, is_settled, "Synced and Healthy")


def test_the_services_of_the_example_run(up: UpProcess) -> None:
    root = _settled(up, "root")
    listed = up.holdfast("app", "list", "-o", "name").stdout.splitlines()
    children = [item["name"] for item in root["status"]["resources"] if item["kind"] == "Application"]

    assert "microservice-identity" in children
    assert {f"argocd/{name}" for name in ("root", *children)} <= set(listed)
    for name in children:
        _settled(up, name)


def test_scaling_and_editing_by_hand_are_undone(up: UpProcess, tmp_path: Path) -> None:
    files = {"web.yaml": DEPLOYMENT_MANIFEST, "service.yaml": SERVICE_MANIFEST}
    up.create_application("by-hand", {"repoURL": f"file://{new_repository(tmp_path / 'r', files)}", "path": "."})
    _settled(up, "by-hand")

    async def meddle(cluster: Cluster) -> None:
        scale = {"spec": {"replicas": 7}}
        await cluster.patch(
            DEPLOYMENT, "by-hand", "web", scale, PatchKind.MERGE, field_manager="kubectl", subresource="scale"
        )
        port = [{"op": "replace", "path": "/spec/ports/0/port", "value": 8080}]
        await cluster.patch(SERVICE, "by-hand", "web", port, PatchKind.JSON, field_manager="kubectl")

    up.run(meddle)

    async def is_undone(cluster: Cluster) -> bool:
        deployment = await cluster.get(DEPLOYMENT, "by-hand", "web")
        service = await cluster.get(SERVICE, "by-hand", "web")
        assert deployment is not None
        assert service is not None
        return bool(deployment["spec"]["replicas"] == 2 and service["spec"]["ports"][0]["port"] == 80)

    up.eventually(is_undone, "both undone", 20)


def test_a_pushed_commit_arrives_and_a_removed_manifest_is_pruned(up: UpProcess, tmp_path: Path) -> None:
    repository = new_repository(
        tmp_path / "r.git",
        {"a.yaml": CONFIG.format(name="a", value="one"), "b.yaml": CONFIG.format(name="b", value="one")},
    )
    up.create_application("commits", {"repoURL": f"file://{repository}", "path": "."})
    _settled(up, "commits")
    copy = WorkingCopy(repository, tmp_path / "copy")
    (copy.folder / "a.yaml").write_text(CONFIG.format(name="a", value="two"))
    (copy.folder / "b.yaml").unlink()
    _accept_pushes(repository)
    commit = copy.push("Second")

    refreshed = up.holdfast("app", "refresh", "commits")
    app = up.application_that(
        "commits", lambda app: is_settled(app) and app["status"]["sync"]["revision"] == commit, "at the new commit"
    )

    assert refreshed.returncode == 0, refreshed.stderr
    assert [item["name"] for item in app["status"]["resources"] if item["kind"] == "ConfigMap"] == ["a"]
    assert [entry["revision"] for entry in app["status"]["history"]][-1] == commit


def test_a_broken_chart_is_explained_and_what_runs_stays(up: UpProcess, identity: WorkingCopy) -> None:
    before = up.application("microservice-identity")
    assert before is not None
    values = identity.folder / "helm" / "values.yaml"
    good = values.read_text()
    (identity.folder / "helm" / "templates").mkdir(exist_ok=True)
    broken = identity.folder / "helm" / "templates" / "broken.yaml"
    broken.write_text("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.missing.name }}\n")
    identity.push("Break it")
    up.refresh("microservice-identity")

    app = up.application_that("microservice-identity", lambda app: "broken.yaml" in condition_text(app), "explained")
    running = [item for item in app["status"]["resources"] if item["kind"] == "Deployment"]

    assert "broken.yaml:4" in condition_text(app)
    assert running
    assert running[0]["health"]["status"] == "Healthy"

    broken.unlink()
    values.write_text(good)
    identity.push("Mend it")
    up.refresh("microservice-identity")
    assert condition_text(_settled(up, "microservice-identity")) == ""


def test_deleting_an_application_takes_its_objects(up: UpProcess, tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "r", {"web.yaml": DEPLOYMENT_MANIFEST})
    up.create_application("short-lived", {"repoURL": f"file://{repository}", "path": "."})
    _settled(up, "short-lived")

    deleted = up.holdfast("app", "delete", "short-lived", "--yes")
    waited = up.holdfast("app", "wait", "short-lived", "--delete", "--timeout", "60")

    assert deleted.returncode == 0, deleted.stderr
    assert waited.returncode == 0, waited.stderr
    assert up.run(lambda cluster: cluster.get(DEPLOYMENT, "short-lived", "web")) is None


def _accept_pushes(repository: Path) -> None:
    subprocess.run(["git", "-C", str(repository), "config", "receive.denyCurrentBranch", "updateInstead"], check=True)
