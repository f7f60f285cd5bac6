"""`holdfast app manifests`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import find_kubeconfig, with_cluster
from holdfast.cli.output import Format, print_document
from holdfast.cli.plugin_options import PluginsOption
from holdfast.engine.diff.masking import masked
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject
from holdfast.ports.cluster import Cluster


class ManifestSource(StrEnum):
    GIT = "git"
    LIVE = "live"


def manifests(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    source: ManifestSource = typer.Option(ManifestSource.GIT, "--source", help="What Git wants, or what is live."),
    revision: str = typer.Option("", "--revision", help="Render this revision instead of the target's newest."),
    local: Path | None = typer.Option(
        None, "--local", help="Render this folder, the root of a working copy, in the place of the source's repository."
    ),
    plugins: Path | None = PluginsOption,
    output: Format = typer.Option(Format.YAML, "--output", "-o", help="yaml or json."),
) -> None:
    """Print an application's manifests; values of Secrets are masked."""
    if local is not None and (revision or source is ManifestSource.LIVE or not local.is_dir()):
        raise Blocked("LocalFolder", "--local names a folder, and goes with neither --revision nor --source live")

    async def work(cluster: Cluster) -> list[KubeObject]:
        from holdfast.assembly.inspection import inspect

        app = await applications.read_application(cluster, name, app_namespace)
        found = await inspect(
            cluster, find_kubeconfig(kubeconfig), app, revision=revision, working_copy=local, plugins=str(plugins or "")
        )
        for note in found.notes:
            typer.echo(f"warning: {note}", err=True)
        if source is ManifestSource.LIVE:
            chosen = [state.live for state in found.states if state.live is not None]
        else:
            wanted = found.desired.targets
            chosen = [target.obj for target in (*wanted.objects, *wanted.hooks)]
        return [masked(obj, found.desired.ignored.settings.masked_annotations) for obj in chosen]

    documents = with_cluster(kubeconfig, work)
    if output is Format.JSON:
        print_document(documents, output)
        return
    for document in documents:
        typer.echo("---")
        print_document(document, output)
