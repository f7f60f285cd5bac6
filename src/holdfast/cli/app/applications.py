"""Reads Applications for the commands of `holdfast app`, and what their fields mean to a person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from holdfast.cli.connection import FIELD_MANAGER as FIELD_MANAGER
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.model.names import ConditionType
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster

DEFAULT_NAMESPACE = "argocd"

KubeconfigOption = typer.Option(None, "--kubeconfig", help="The cluster; by default that of the running `holdfast up`.")
NamespaceOption = typer.Option(DEFAULT_NAMESPACE, "--app-namespace", "-N", help="The namespace of the Application.")
KubeconfigPath = Path | None


async def read_application(cluster: Cluster, name: str, namespace: str) -> KubeObject:
    """`name` may be `namespace/name`. Raises Blocked that names the applications there are."""
    namespace, name = qualified(name, namespace)
    found = await cluster.get(APPLICATION, namespace, name)
    if found is None:
        listing = await cluster.list(APPLICATION, namespace=namespace)
        names = ", ".join(sorted(item.metadata.name for item in listing.items)) or "none"
        raise Blocked("ApplicationNotFound", f"no application {name!r} in namespace {namespace!r}; there: {names}")
    return found


async def list_applications(cluster: Cluster, namespace: str, labels: str = "") -> list[KubeObject]:
    listing = await cluster.list(APPLICATION, namespace=namespace, labels=labels)
    return sorted((item.decode() for item in listing.items), key=lambda app: (namespace_of(app), name_of(app)))


def qualified(name: str, namespace: str) -> tuple[str, str]:
    """`namespace/name` or `name` in the namespace of the option."""
    before, slash, after = name.partition("/")
    return (before, after) if slash else (namespace, name)


def spec_of(app: KubeObject) -> dict[str, Any]:
    return app.get("spec") or {}


def status_of(app: KubeObject) -> dict[str, Any]:
    return app.get("status") or {}


def sources_of(app: KubeObject) -> list[dict[str, Any]]:
    spec = spec_of(app)
    sources: list[dict[str, Any]] = spec.get("sources") or ([spec["source"]] if spec.get("source") else [])
    return sources


def sync_of(app: KubeObject) -> str:
    return str((status_of(app).get("sync") or {}).get("status") or "Unknown")


def revision_of(app: KubeObject) -> str:
    return revision_text(status_of(app).get("sync") or {})


def revision_text(said: dict[str, Any]) -> str:
    """Of what names a revision, or several in `revisions`."""
    return str(said.get("revision") or ", ".join(said.get("revisions") or []))


def health_of(app: KubeObject) -> str:
    return str((status_of(app).get("health") or {}).get("status") or "Unknown")


def conditions_of(app: KubeObject) -> list[dict[str, Any]]:
    return status_of(app).get("conditions") or []


def operation_of(app: KubeObject) -> dict[str, Any]:
    """status.operationState, empty before the first operation."""
    return status_of(app).get("operationState") or {}


def gates_of(app: KubeObject) -> list[str]:
    """What the running sync waits for, in the words of the conditions."""
    operation = operation_of(app)
    message = str(operation.get("message") or "") if operation.get("phase") == "Running" else ""
    signs = {
        "confirm-deletion": "DeletionGuard",
        "frozen: ": ConditionType.SYNC_FROZEN.value,
        "waits for approval": ConditionType.APPROVAL_REQUIRED.value,
        "it depends on ": ConditionType.DEPENDENCY_WAITING.value,
    }
    return [word for sign, word in signs.items() if sign in message]


def is_operation_pending(app: KubeObject) -> bool:
    """An operation was asked for, or runs."""
    return bool(app.get("operation")) or operation_of(app).get("phase") in ("Running", "Terminating")


def destination_of(app: KubeObject) -> str:
    destination = spec_of(app).get("destination") or {}
    return str(destination.get("server") or destination.get("name") or "")


def policy_of(app: KubeObject) -> str:
    """`Manual`, `Auto`, `Auto-Prune`, as the table of applications shows it."""
    automated = (spec_of(app).get("syncPolicy") or {}).get("automated")
    if automated is None or automated.get("enabled") is False:
        return "Manual"
    return "Auto-Prune" if automated.get("prune") else "Auto"


def is_selected(app: KubeObject, *, project: str, repository: str, cluster: str) -> bool:
    """The filters of `app list`; an empty one lets all pass."""
    if project and spec_of(app).get("project") not in project.split(","):
        return False
    if repository and all(source.get("repoURL") != repository for source in sources_of(app)):
        return False
    return not cluster or destination_of(app) == cluster
