"""`holdfast up --kubeconfig FILE` on a real control plane: it brings the examples there and keeps them so."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APPLICATION, NAMESPACE
from holdfast.ports.cluster import Cluster, PatchKind
from tests.cluster.up_on import UpOn
from tests.e2e.up_process import DEPLOYMENT, SERVICE, WorkingCopy, is_settled, new_repository

pytestmark = [pytest.mark.control_plane, pytest.mark.real_time, pytest.mark.timeout(300)]
CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\ndata:\n  key: {value}\n"
WEB = """apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "registry.example.org/web:1", resources: {limits: {cpu: 1000m}}}]
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{name: http, port: 80}]
"""
FINALIZER = "resources-finalizer.argocd.argoproj.io"
# A reconcile may still be under way when an application first says that it is settled.
QUIET_SECONDS = 6


def source_of(repository: Path) -> dict[str, str]:
    subprocess.run(["git", "-C", str(repository), "config", "receive.denyCurrentBranch", "updateInstead"], check=True)
    return {"repoURL": f"file://{repository}", "path": "."}


def settled(up: UpOn, name: str) -> KubeObject:
    return up.application_that(name, is_settled, "Synced and Healthy", 120)


def test_up_asks_before_it_changes_a_cluster(up: UpOn, tmp_path: Path) -> None:
    """A namespace of its own is new to the cluster, so there is something to confirm."""
    command = [sys.executable, "-m", "holdfast", "up", "--once", "--kubeconfig", str(up.kubeconfig)]
    repository = new_repository(tmp_path / "r", {"a.yaml": CONFIG.format(name="a", value="1")})
    options = ["--data", str(tmp_path / "data"), "--repo", str(repository)]
    done = subprocess.run([*command, *options], capture_output=True, text=True, input="n\n", timeout=60)
    assert done.returncode != 0
    assert "create Application argocd/r" in done.stdout
    assert up.application("r") is None


def test_every_application_of_the_examples_settles(up: UpOn) -> None:
    listed = up.holdfast("app", "list", "-o", "name")
    names = [name.removeprefix("argocd/") for name in listed.stdout.splitlines()]
    assert "microservice-identity" in names
    for name in names:
        settled(up, name)


def test_drift_is_undone(up: UpOn, tmp_path: Path) -> None:
    up.create_application("drift", source_of(new_repository(tmp_path / "r", {"web.yaml": WEB})))
    settled(up, "drift")

    async def meddle(cluster: Cluster) -> None:
        scale = {"spec": {"replicas": 5}}
        await cluster.patch(
            DEPLOYMENT, "drift", "web", scale, PatchKind.MERGE, field_manager="kubectl", subresource="scale"
        )
        port = [{"op": "replace", "path": "/spec/ports/0/port", "value": 8080}]
        await cluster.patch(SERVICE, "drift", "web", port, PatchKind.JSON, field_manager="kubectl")

    up.run(meddle)

    async def is_undone(cluster: Cluster) -> bool:
        web, service = [await cluster.get(kind, "drift", "web") for kind in (DEPLOYMENT, SERVICE)]
        assert web is not None
        assert service is not None
        return bool(web["spec"]["replicas"] == 2 and service["spec"]["ports"][0]["port"] == 80)

    up.eventually(is_undone, "both undone", 20)

    async def remove(cluster: Cluster) -> None:
        await cluster.delete(SERVICE, "drift", "web")

    up.run(remove)

    async def is_back(cluster: Cluster) -> bool:
        return await cluster.get(SERVICE, "drift", "web") is not None

    up.eventually(is_back, "the service made again", 20)


def test_a_commit_arrives_and_what_it_removes_is_pruned(up: UpOn, tmp_path: Path) -> None:
    files = {f"{name}.yaml": CONFIG.format(name=name, value="one") for name in ("a", "b")}
    repository = new_repository(tmp_path / "r.git", files)
    up.create_application("commits", source_of(repository))
    settled(up, "commits")
    copy = WorkingCopy(repository, tmp_path / "copy")
    (copy.folder / "a.yaml").write_text(CONFIG.format(name="a", value="two"))
    (copy.folder / "b.yaml").unlink()
    commit = copy.push("Second")
    up.refresh("commits")
    app = up.application_that(
        "commits", lambda app: is_settled(app) and app["status"]["sync"]["revision"] == commit, "at the new commit"
    )
    assert [item["name"] for item in app["status"]["resources"] if item["kind"] == "ConfigMap"] == ["a"]


def test_an_application_at_rest_writes_nothing(up: UpOn, tmp_path: Path) -> None:
    up.create_application("rest", source_of(new_repository(tmp_path / "r", {"web.yaml": WEB})))
    settled(up, "rest")

    async def versions(cluster: Cluster) -> list[str]:
        found = [await cluster.get(APPLICATION, "argocd", "rest")]
        found += [await cluster.get(kind, "rest", "web") for kind in (DEPLOYMENT, SERVICE)]
        return [each["metadata"]["resourceVersion"] for each in found if each is not None]

    async def are_unchanged(cluster: Cluster) -> bool:
        before = await versions(cluster)
        await asyncio.sleep(QUIET_SECONDS)
        return before == await versions(cluster)

    up.eventually(are_unchanged, f"nothing written for {QUIET_SECONDS} s", 60)


def test_deletion_with_the_finalizer_takes_the_objects(up: UpOn, tmp_path: Path) -> None:
    up.create_application("short-lived", source_of(new_repository(tmp_path / "r", {"web.yaml": WEB})))
    settled(up, "short-lived")

    async def delete(cluster: Cluster) -> None:
        body = {"metadata": {"finalizers": [FINALIZER]}}
        await cluster.patch(APPLICATION, "argocd", "short-lived", body, PatchKind.MERGE, field_manager="test")
        await cluster.delete(APPLICATION, "argocd", "short-lived")

    up.run(delete)

    async def is_gone(cluster: Cluster) -> bool:
        return await cluster.get(APPLICATION, "argocd", "short-lived") is None

    up.eventually(is_gone, "the application gone", 60)
    assert up.run(lambda cluster: cluster.get(DEPLOYMENT, "short-lived", "web")) is None
    assert up.run(lambda cluster: cluster.get(SERVICE, "short-lived", "web")) is None
    assert up.run(lambda cluster: cluster.get(NAMESPACE, "", "short-lived")) is not None


def test_once_ends_well(up: UpOn) -> None:
    """All that is there is as wished by now; the second `up` finds it so. The first must not write beside it."""
    up.stop()
    once = UpOn(up.kubeconfig, up.data, "--once").start()
    try:
        assert once.code(120) == 0, once.text()
    finally:
        once.stop()
        up.start()
