"""`holdfast app delete`."""

from __future__ import annotations

from enum import StrEnum

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import with_cluster
from holdfast.model.kube import finalizers_of, resource_version_of, uid_of
from holdfast.model.names import Finalizer
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind


class DeletionPolicy(StrEnum):
    """How the application's objects go: in the foreground before it, in the background after it."""

    FOREGROUND = "foreground"
    BACKGROUND = "background"


FINALIZER_OF = {
    DeletionPolicy.FOREGROUND: Finalizer.RESOURCES.value,
    DeletionPolicy.BACKGROUND: Finalizer.RESOURCES_BACKGROUND.value,
}


def delete(
    names: list[str] = typer.Argument(..., metavar="APPNAME..."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    cascade: bool = typer.Option(True, "--cascade/--no-cascade", help="Delete the application's objects with it."),
    propagation_policy: DeletionPolicy = typer.Option(
        DeletionPolicy.FOREGROUND, "--propagation-policy", "-p", help="How they are deleted."
    ),
    yes: bool = typer.Option(False, "--yes", "-y", help="Do not ask."),
) -> None:
    """Delete applications, with their objects unless --no-cascade."""

    async def work(cluster: Cluster) -> None:
        for name in names:
            app = await applications.read_application(cluster, name, app_namespace)
            namespace, plain = applications.qualified(name, app_namespace)
            count = len(applications.status_of(app).get("resources") or [])
            what = f"application {namespace}/{plain}" + (f" and its {count} objects" if cascade else " alone")
            if not yes:
                typer.confirm(f"Delete {what}?", abort=True)
            kept = [name for name in finalizers_of(app) if not name.startswith(Finalizer.RESOURCES.value)]
            wanted = [*kept, FINALIZER_OF[propagation_policy]] if cascade else kept
            if wanted != finalizers_of(app):
                body = {"metadata": {"finalizers": wanted, "resourceVersion": resource_version_of(app)}}
                await cluster.patch(APPLICATION, namespace, plain, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)
            await cluster.delete(APPLICATION, namespace, plain, uid=uid_of(app))
            typer.echo(f"deleting {what}")

    with_cluster(kubeconfig, work)
