"""`holdfast app rollback`: syncs to what an entry of the history deployed, by Argo CD's field `operation`."""

from __future__ import annotations

import getpass
from typing import Any

import typer

from holdfast.cli.app import applications, sync
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.get import print_application
from holdfast.cli.connection import with_cluster
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, name_of
from holdfast.ports.cluster import Cluster


def rollback(
    name: str = typer.Argument(..., metavar="APPNAME"),
    entry_id: int = typer.Argument(
        -1, metavar="[ID]", help="Of `app history`; without it the deployment before the last."
    ),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    prune: bool = typer.Option(False, "--prune", help="Delete objects that the old revision does not have."),
    timeout: float = typer.Option(0.0, "--timeout", help="Seconds to wait; 0 waits for ever."),
) -> None:
    """Bring an application back to what it was."""

    async def work(cluster: Cluster) -> KubeObject:
        app = await applications.read_application(cluster, name, app_namespace)
        namespace, plain = applications.qualified(name, app_namespace)
        await sync.start(cluster, plain, namespace, rollback_of(app, entry_id, prune=prune))
        return await sync.finish(cluster, plain, namespace, timeout)

    finished = with_cluster(kubeconfig, work)
    print_application(finished)
    if applications.operation_of(finished).get("phase") != "Succeeded":
        raise typer.Exit(1)


def rollback_of(app: KubeObject, entry_id: int = -1, *, prune: bool = False) -> dict[str, Any]:
    """The operation. Raises Blocked when automated sync would undo it, and when there is no such entry."""
    if applications.policy_of(app) != "Manual":
        raise Blocked(
            "AutomatedSync",
            f"{name_of(app)}: rollback cannot be performed while automated sync is on, which would undo it; "
            "set spec.syncPolicy.automated.enabled to false first, or revert the commit in Git",
        )
    history: list[dict[str, Any]] = applications.status_of(app).get("history") or []
    if entry_id < 0 and len(history) < 2:
        raise Blocked(
            "NoHistory", f"{name_of(app)} has no deployment before the last; `holdfast app history` shows all"
        )
    chosen = [history[-2]] if entry_id < 0 else [entry for entry in history if entry.get("id", 0) == entry_id]
    if not chosen:
        ids = ", ".join(str(entry.get("id", 0)) for entry in history) or "none"
        raise Blocked("NoHistory", f"{name_of(app)} has no deployment {entry_id}; there: {ids}")
    [entry] = chosen
    options = (applications.spec_of(app).get("syncPolicy") or {}).get("syncOptions") or []
    return {
        "sync": {
            **{field: entry[field] for field in ("revision", "source", "revisions", "sources") if entry.get(field)},
            "syncStrategy": {"apply": {}},
            **({"prune": True} if prune else {}),
            **({"syncOptions": options} if options else {}),
        },
        "initiatedBy": {"username": getpass.getuser()},
    }
