"""`holdfast app rollback`: back to what an entry of the history deployed, held there until Git moves past what was bad."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Any

import typer

from holdfast.cli.app import applications, revert
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.following import until
from holdfast.cli.app.get import print_application
from holdfast.cli.app.progress import Progress
from holdfast.cli.app.sync import COMPARISON_SECONDS
from holdfast.cli.connection import with_cluster
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, annotations_of, name_of, namespace_of, resource_version_of
from holdfast.model.names import Annotation, OperationInfo
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind


def rollback(
    name: str = typer.Argument(..., metavar="APPNAME"),
    entry_id: int = typer.Argument(
        -1, metavar="[ID]", help="Of `app history`; without it the deployment before the last."
    ),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    prune: bool = typer.Option(False, "--prune", help="Delete objects that the old revision does not have."),
    lift: bool = typer.Option(False, "--lift", help="Let go of the revision that an earlier rollback holds off."),
    in_git: bool = typer.Option(False, "--revert", help="Make a revert commit in Git instead, and push it."),
    branch: str = typer.Option("", "--branch", help="With --revert: push to this branch, not the Application's own."),
    author: str = typer.Option("", "--author", help="With --revert: NAME <ADDRESS> of the commit."),
    signing_key: Path | None = typer.Option(None, "--signing-key", help="With --revert: a private SSH or GPG key."),
    break_freeze: str = typer.Option("", "--break-freeze", metavar="REASON", help="In a freeze, too; it is recorded."),
    timeout: float = typer.Option(0.0, "--timeout", help="Seconds to wait; 0 waits for ever."),
) -> None:
    """Bring an application back to what it was; with automated sync on, the revision it leaves is held off."""

    identity = revert.identity_of(author, signing_key) if in_git else None

    async def work(cluster: Cluster) -> KubeObject | None:
        app = await applications.read_application(cluster, name, app_namespace)
        if identity is not None:
            good = str(entry_of(app, entry_id).get("revision") or "")
            await revert.revert(cluster, kubeconfig, app, good, identity, branch)
            return None
        asked = lifting_of(app) if lift else request_of(app, entry_id, prune=prune)
        if break_freeze and not lift:
            asked["operation"]["info"] = [{"name": OperationInfo.BREAK_FREEZE.value, "value": break_freeze}]
        await _write(cluster, app, asked)
        return None if lift else await _finish(cluster, app, timeout)

    finished = with_cluster(kubeconfig, work)
    if finished is None:
        if lift:
            typer.echo(f"lifted the hold of {name}")
        return
    print_application(finished)
    if applications.operation_of(finished).get("phase") != "Succeeded":
        raise typer.Exit(1)


async def _write(cluster: Cluster, app: KubeObject, body: KubeObject) -> None:
    metadata = {**body.get("metadata", {}), "resourceVersion": resource_version_of(app)}
    body = {**body, "metadata": metadata}
    await cluster.patch(
        APPLICATION, namespace_of(app), name_of(app), body, PatchKind.MERGE, field_manager=FIELD_MANAGER
    )


async def _finish(cluster: Cluster, app: KubeObject, timeout: float) -> KubeObject:
    """Once the operation is over and compared again: then it is OutOfSync, as Git still says the other revision."""
    name, namespace, before = name_of(app), namespace_of(app), applications.operation_of(app).get("startedAt")

    def is_over(now: KubeObject) -> bool:
        operation = applications.operation_of(now)
        return not applications.is_operation_pending(now) and operation.get("startedAt") != before

    def is_compared(now: KubeObject) -> bool:
        return is_over(now) and applications.sync_of(now) != "Synced"

    with Progress(name) as progress:
        wanted = "the end of the rollback"
        await until(cluster, name, namespace, is_over, timeout=timeout, wanted=wanted, seen=progress.show)
        try:
            return await until(cluster, name, namespace, is_compared, timeout=COMPARISON_SECONDS, wanted="a comparison")
        except Blocked:
            # Both revisions may want the same.
            return await applications.read_application(cluster, name, namespace)


def lifting_of(app: KubeObject) -> KubeObject:
    if not annotations_of(app).get(Annotation.HOLD):
        raise Blocked("NoHold", f"{name_of(app)}: no revision is held off")
    return {"metadata": {"annotations": {Annotation.HOLD.value: None}}}


def request_of(app: KubeObject, entry_id: int = -1, *, prune: bool = False) -> KubeObject:
    """The change to the Application: the operation and, in the same write, the hold that keeps it from being undone.

    Raises Blocked when another operation runs, and when there is no such entry. An automated sync to the revision that is
    to be left gives way by itself: a sync that is stuck is what people roll back from.
    """
    operation = rollback_of(app, entry_id, prune=prune)
    is_automated = applications.policy_of(app) != "Manual"
    left = applications.revision_of(app)
    running = applications.operation_of(app)
    if applications.is_operation_pending(app):
        revision = applications.revision_text(running.get("syncResult") or {})
        automated = (running.get("operation") or {}).get("initiatedBy", {}).get("automated")
        if app.get("operation") or not (is_automated and automated and revision == left):
            raise Blocked(
                "OperationInProgress",
                f"{name_of(app)}: another operation is in progress; wait for it or terminate it",
            )
    if not is_automated:
        return {"operation": operation}
    if applications.revision_text(operation["sync"]) == left:
        raise Blocked(
            "SameRevision",
            f"{name_of(app)}: Git is at {left}, which is what that deployment had; only parameters of the "
            "Application differ: change spec.source back instead",
        )
    return {"metadata": {"annotations": {Annotation.HOLD.value: left or None}}, "operation": operation}


def rollback_of(app: KubeObject, entry_id: int = -1, *, prune: bool = False) -> dict[str, Any]:
    """The operation. Raises Blocked when there is no such entry."""
    entry = entry_of(app, entry_id)
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


def entry_of(app: KubeObject, entry_id: int = -1) -> dict[str, Any]:
    """Of status.history. Without an id: the one before the last, and with automated sync on the newest of another
    revision than Git's, which may never have got as far as the history."""
    history: list[dict[str, Any]] = applications.status_of(app).get("history") or []
    if entry_id < 0:
        chosen = history[-2:-1]
        left = applications.revision_of(app)
        if applications.policy_of(app) != "Manual" and left:
            chosen = [entry for entry in history if applications.revision_text(entry) != left][-1:]
        if not chosen:
            raise Blocked(
                "NoHistory", f"{name_of(app)} has no deployment before the last; `holdfast app history` shows all"
            )
    else:
        chosen = [entry for entry in history if entry.get("id", 0) == entry_id]
        if not chosen:
            ids = ", ".join(str(entry.get("id", 0)) for entry in history) or "none"
            raise Blocked("NoHistory", f"{name_of(app)} has no deployment {entry_id}; there: {ids}")
    [entry] = chosen
    return entry
