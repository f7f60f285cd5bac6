"""`holdfast app get`."""

from __future__ import annotations

from enum import StrEnum

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.refresh import RefreshMode, refreshed
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_fields, print_table
from holdfast.model.kube import KubeObject, name_of, namespace_of
from holdfast.ports.cluster import Cluster

RESOURCE_HEADINGS = ("GROUP", "KIND", "NAMESPACE", "NAME", "STATUS", "HEALTH", "MESSAGE")


class Shown(StrEnum):
    RESOURCES = "resources"
    NONE = "none"


def get(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    refresh: bool = typer.Option(False, "--refresh", help="Compare again with the source first."),
    hard_refresh: bool = typer.Option(False, "--hard-refresh", help="The same, and render again."),
    timeout: float = typer.Option(60.0, "--timeout", help="Seconds to wait for a refresh."),
    output: Format = OutputOption,
) -> None:
    """Show one application: where it comes from, how it stands, and each of its objects."""

    async def read(cluster: Cluster) -> KubeObject:
        if refresh or hard_refresh:
            mode = RefreshMode.HARD if hard_refresh else RefreshMode.NORMAL
            return await refreshed(cluster, name, app_namespace, mode, timeout)
        return await applications.read_application(cluster, name, app_namespace)

    app = with_cluster(kubeconfig, read)
    match output:
        case Format.JSON | Format.YAML:
            print_document(app, output)
        case Format.NAME:
            typer.echo(f"{namespace_of(app)}/{name_of(app)}")
        case Format.TABLE | Format.WIDE:
            print_application(app)


def print_application(app: KubeObject) -> None:
    print_fields(summary(app))
    for condition in applications.conditions_of(app):
        typer.echo(f"\n{condition.get('type')}: {condition.get('message')}")
    rows = resource_rows(app)
    if rows:
        typer.echo()
        print_table(RESOURCE_HEADINGS, rows)


def summary(app: KubeObject) -> list[tuple[str, str]]:
    spec = applications.spec_of(app)
    fields = [
        ("Name", f"{namespace_of(app)}/{name_of(app)}"),
        ("Project", str(spec.get("project") or "")),
        ("Server", applications.destination_of(app)),
        ("Namespace", str((spec.get("destination") or {}).get("namespace") or "")),
    ]
    for source in applications.sources_of(app):
        fields.append(("Repo", str(source.get("repoURL") or "")))
        fields.append(("Target", str(source.get("targetRevision") or "HEAD")))
        fields.append(("Path", str(source.get("path") or source.get("chart") or "")))
    target = applications.revision_of(app)
    fields.append(("Sync Policy", applications.policy_of(app)))
    fields.append(("Sync Status", applications.sync_of(app) + (f" at {target[:8]}" if target else "")))
    fields.append(("Health Status", applications.health_of(app)))
    operation = applications.operation_of(app)
    if operation:
        fields.append(("Operation", f"{operation.get('phase')}: {operation.get('message') or ''}".rstrip(": ")))
    return fields


def resource_rows(app: KubeObject) -> list[tuple[str, ...]]:
    """One row for each object of status.resources; the message is what the last sync or the health check said."""
    result = applications.operation_of(app).get("syncResult") or {}
    said = {
        (item.get("group") or "", item.get("kind"), item.get("namespace") or "", item.get("name")): item.get("message")
        for item in result.get("resources") or []
    }
    rows = []
    for item in applications.status_of(app).get("resources") or []:
        health = item.get("health") or {}
        key = (item.get("group") or "", item.get("kind"), item.get("namespace") or "", item.get("name"))
        message = health.get("message") or said.get(key) or ""
        if item.get("requiresPruning"):
            message = message or "no longer in the source: pruned by a sync with --prune"
        row = (*key, item.get("status") or "", health.get("status") or "", message)
        rows.append(tuple(str(cell) for cell in row))
    return rows
