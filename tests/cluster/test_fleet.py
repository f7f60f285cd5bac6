"""Two hundred applications from one repository on a real control plane: how long they take and what they ask for."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster
from tests.cluster.up_on import UpOn
from tests.controlplane.server import ControlPlane
from tests.e2e.up_process import is_settled, new_repository

pytestmark = [pytest.mark.control_plane, pytest.mark.real_time, pytest.mark.timeout(600)]
COUNT = 200
SECONDS = 420
APP = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata:
  name: {name}
  namespace: argocd
spec:
  project: default
  source: {{repoURL: "{url}", path: apps/{name}, targetRevision: HEAD}}
  destination: {{server: https://kubernetes.default.svc, namespace: fleet}}
  syncPolicy: {{automated: {{prune: true, selfHeal: true}}, syncOptions: [CreateNamespace=true]}}
"""
OBJECTS = """apiVersion: v1
kind: ConfigMap
metadata: {{name: {name}}}
data: {{key: value}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}}}
spec:
  selector: {{app: {name}}}
  ports: [{{name: http, port: 80}}]
"""


def test_two_hundred_applications_settle(control_plane: ControlPlane, tmp_path: Path) -> None:
    folder = tmp_path / "fleet"
    names = [f"fleet-{number:03}" for number in range(COUNT)]
    files = {f"apps/{name}/objects.yaml": OBJECTS.format(name=name) for name in names}
    files |= {f"root/{name}.yaml": APP.format(name=name, url=f"file://{folder}") for name in names}
    new_repository(folder, files)
    up = UpOn(control_plane.kubeconfig, tmp_path / "data", "--repo", str(folder), "--path", "root")
    before = requests(control_plane)
    began = time.monotonic()
    up.start()
    try:

        async def are_settled(cluster: Cluster) -> bool:
            apps = [each.decode() for each in (await cluster.list(APPLICATION, namespace="argocd")).items]
            mine = [app for app in apps if app["metadata"]["name"].startswith("fleet")]
            return len(mine) == COUNT + 1 and all(map(is_settled, mine))

        up.eventually(are_settled, f"{COUNT} applications Synced and Healthy", SECONDS)
        took = time.monotonic() - began
    finally:
        up.stop()
    made = {key: count - before.get(key, 0) for key, count in requests(control_plane).items()}
    sent = sorted(((count, key) for key, count in made.items() if count), reverse=True)
    lines = [f"{COUNT} applications in {took:.1f} s, {sum(made.values())} requests:"]
    lines += [f"  {count:6} {verb} {resource}" for count, (verb, resource) in sent[:20]]
    sys.stdout.write("\n".join(lines) + "\n")


def requests(control_plane: ControlPlane) -> dict[tuple[str, str], int]:
    """What the API server has answered so far, by verb and resource, but for what its own controllers asked."""
    counts: dict[tuple[str, str], int] = {}
    for line in control_plane.api.request("GET", "/metrics").body.decode().splitlines():
        if line.startswith("apiserver_request_total{"):
            labels, _, count = line.removeprefix("apiserver_request_total{").rpartition("} ")
            pairs = dict(pair.split("=", 1) for pair in labels.replace('"', "").split(","))
            key = (pairs["verb"], pairs["resource"])
            counts[key] = counts.get(key, 0) + int(float(count))
    return counts
