"""Short ways to write the objects that tests need."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.model.application import Application
from holdfast.model.appproject import AppProject
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.kube import KubeObject
from holdfast.model.names import API_VERSION, IN_CLUSTER_SERVER

REPOSITORY = "https://git.example.com/team/web.git"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
VERBS = frozenset({"create", "delete", "get", "list", "patch", "update", "watch"})


def resource(api_version: str, kind: str, *, plural: str = "", namespaced: bool = True) -> ResourceType:
    group, _, version = api_version.rpartition("/")
    name = kind.lower()
    return ResourceType(
        group=group,
        version=version,
        kind=kind,
        plural=plural or name + "s",
        namespaced=namespaced,
        verbs=VERBS,
        singular=name,
    )


DISCOVERY = Discovery(
    "v1.37.0",
    (
        resource("v1", "Namespace", namespaced=False),
        resource("v1", "ConfigMap"),
        resource("v1", "Secret"),
        resource("v1", "Service"),
        resource("v1", "Pod"),
        resource("apps/v1", "Deployment"),
        resource("batch/v1", "Job"),
        resource("rbac.authorization.k8s.io/v1", "ClusterRole", namespaced=False),
        resource("apiextensions.k8s.io/v1", "CustomResourceDefinition", namespaced=False),
    ),
)


def obj(
    api_version: str,
    kind: str,
    name: str,
    *,
    namespace: str = "",
    annotations: dict[str, str] | None = None,
    **fields: Any,
) -> KubeObject:
    metadata: dict[str, Any] = {"name": name} if name else {}
    if namespace:
        metadata["namespace"] = namespace
    if annotations:
        metadata["annotations"] = annotations
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **fields}


def config_map(
    name: str = "settings", *, namespace: str = "", data: dict[str, str] | None = None, **more: Any
) -> KubeObject:
    return obj("v1", "ConfigMap", name, namespace=namespace, data=data or {"level": "info"}, **more)


def deployment(
    name: str = "web", *, namespace: str = "", replicas: int = 1, image: str = "web:1", **more: Any
) -> KubeObject:
    return obj(
        "apps/v1",
        "Deployment",
        name,
        namespace=namespace,
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": image}]},
            },
        },
        **more,
    )


def job(name: str = "migrate", *, namespace: str = "", annotations: dict[str, str] | None = None) -> KubeObject:
    pod = {"restartPolicy": "Never", "containers": [{"name": "run", "image": "migrate:1"}]}
    return obj("batch/v1", "Job", name, namespace=namespace, annotations=annotations, spec={"template": {"spec": pod}})


def application_object(
    name: str = "web",
    *,
    namespace: str = "argocd",
    destination: str | dict[str, Any] = "shop",
    path: str = "app",
    policy: dict[str, Any] | None = None,
    finalizers: list[str] | None = None,
    **fields: Any,
) -> KubeObject:
    """The Application as a person writes it; `fields` go into its spec."""
    metadata: dict[str, Any] = {"name": name, "namespace": namespace}
    if finalizers:
        metadata["finalizers"] = finalizers
    spec: dict[str, Any] = {
        "project": "default",
        "source": {"repoURL": REPOSITORY, "path": path, "targetRevision": "main"},
        "destination": {"server": IN_CLUSTER_SERVER, "namespace": destination}
        if isinstance(destination, str)
        else destination,
        **fields,
    }
    if policy is not None:
        spec["syncPolicy"] = policy
    return {"apiVersion": API_VERSION, "kind": "Application", "metadata": metadata, "spec": spec}


def application(name: str = "web", **options: Any) -> Application:
    return msgspec.convert(application_object(name, **options), Application)


def project_object(name: str = "default", *, namespace: str = "argocd", **spec: Any) -> KubeObject:
    """A project that allows everything, save what `spec` says otherwise."""
    everything = {
        "sourceRepos": ["*"],
        "destinations": [{"server": "*", "namespace": "*"}],
        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
    }
    return {
        "apiVersion": API_VERSION,
        "kind": "AppProject",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {**everything, **spec},
    }


def project(name: str = "default", **spec: Any) -> AppProject:
    return msgspec.convert(project_object(name, **spec), AppProject)
