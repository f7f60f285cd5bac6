"""A fleet: many applications from one repository, each of one ConfigMap and one Service, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from holdfast.model.kube import KubeObject
from holdfast.model.resource_types import APPLICATION, CONFIG_MAP
from holdfast.ports.cluster import Cluster
from tests.cluster.up_on import UpOn
from tests.e2e.up_process import SERVICE, is_settled, new_repository

NAMESPACE = "fleet"
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


class Fleet:
    """A repository of `count` applications, and the `holdfast up` that brings them to a cluster."""

    def __init__(self, folder: Path, kubeconfig: Path, count: int) -> None:
        self.names = [f"fleet-{number:03}" for number in range(count)]
        repository = folder / NAMESPACE
        files = {f"apps/{name}/objects.yaml": OBJECTS.format(name=name) for name in self.names}
        files |= {f"root/{name}.yaml": APP.format(name=name, url=f"file://{repository}") for name in self.names}
        new_repository(repository, files)
        self.up = UpOn(kubeconfig, folder / "data", "--repo", str(repository), "--path", "root")

    async def applications(self, cluster: Cluster) -> list[KubeObject]:
        """The root and those that it has made so far."""
        listed = [each.decode() for each in (await cluster.list(APPLICATION, namespace="argocd")).items]
        return [app for app in listed if app["metadata"]["name"].startswith(NAMESPACE)]

    async def is_settled(self, cluster: Cluster) -> bool:
        apps = await self.applications(cluster)
        return len(apps) == len(self.names) + 1 and all(map(is_settled, apps))

    async def is_under_way(self, cluster: Cluster) -> bool:
        """A good part is through, and at least as much is not."""
        through = sum(map(is_settled, await self.applications(cluster)))
        return through >= len(self.names) // 4

    async def faults(self, cluster: Cluster) -> list[str]:
        """What is missing, double or superfluous, once all has settled."""
        apps, config_maps, services = await asyncio.gather(
            self.applications(cluster),
            cluster.list(CONFIG_MAP, namespace=NAMESPACE),
            cluster.list(SERVICE, namespace=NAMESPACE),
        )
        found = [
            f"{kind}: {line}"
            for kind, items in (("ConfigMap", config_maps.items), ("Service", services.items))
            for line in _differences(self.names, (each.metadata.name for each in items))
        ]
        for app in apps:
            history = [entry["revision"] for entry in app["status"].get("history") or ()]
            if len(history) != len(set(history)):
                found.append(f"history of {app['metadata']['name']}: {history}")
        return found


def _differences(wanted: Iterable[str], found: Iterable[str]) -> list[str]:
    names = Counter(name for name in found if name != "kube-root-ca.crt")
    names.subtract(wanted)
    return [f"{name} {count:+}" for name, count in names.items() if count]
