"""`holdfast app list`."""

from __future__ import annotations

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.model.kube import KubeObject, name_of, namespace_of

HEADINGS = ("NAME", "PROJECT", "STATUS", "HEALTH", "SYNCPOLICY", "CONDITIONS", "REVISION")
WIDE_HEADINGS = (*HEADINGS, "CLUSTER", "NAMESPACE", "REPO", "PATH", "TARGET")


def list_(
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = typer.Option("", "--app-namespace", "-N", help="Only this namespace; by default all."),
    selector: str = typer.Option("", "--selector", "-l", help="Only applications with these labels."),
    project: str = typer.Option("", "--project", "-p", help="Only of this project (several: a,b)."),
    repo: str = typer.Option("", "--repo", "-r", help="Only from this repository URL."),
    cluster: str = typer.Option("", "--cluster", "-c", help="Only to this cluster (server or name)."),
    output: Format = OutputOption,
) -> None:
    """List the applications."""
    found = with_cluster(kubeconfig, lambda it: applications.list_applications(it, app_namespace, selector))
    chosen = [app for app in found if applications.is_selected(app, project=project, repository=repo, cluster=cluster)]
    match output:
        case Format.JSON | Format.YAML:
            print_document(chosen, output)
        case Format.NAME:
            for app in chosen:
                typer.echo(f"{namespace_of(app)}/{name_of(app)}")
        case Format.TABLE:
            print_table(HEADINGS, [row(app) for app in chosen])
        case Format.WIDE:
            print_table(WIDE_HEADINGS, [wide_row(app) for app in chosen])


def row(app: KubeObject) -> tuple[str, ...]:
    found = [str(condition.get("type")) for condition in applications.conditions_of(app)]
    conditions = ",".join(dict.fromkeys([*found, *applications.gates_of(app)]))
    return (
        f"{namespace_of(app)}/{name_of(app)}",
        str(applications.spec_of(app).get("project") or ""),
        applications.sync_of(app),
        applications.health_of(app),
        applications.policy_of(app),
        conditions or "<none>",
        applications.revision_of(app)[:8],
    )


def wide_row(app: KubeObject) -> tuple[str, ...]:
    source = next(iter(applications.sources_of(app)), {})
    return (
        *row(app),
        applications.destination_of(app),
        str((applications.spec_of(app).get("destination") or {}).get("namespace") or ""),
        str(source.get("repoURL") or ""),
        str(source.get("path") or source.get("chart") or ""),
        str(source.get("targetRevision") or "HEAD"),
    )
