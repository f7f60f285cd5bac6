"""`holdfast app refresh`: asks for a comparison now, by the annotation that Argo CD's controller understands too."""

from __future__ import annotations

from enum import StrEnum

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.following import until
from holdfast.cli.connection import with_cluster
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.names import Annotation
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind


class RefreshMode(StrEnum):
    NORMAL = "normal"
    HARD = "hard"


def refresh(
    names: list[str] = typer.Argument(..., metavar="APPNAME..."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    hard: bool = typer.Option(False, "--hard", help="Render again instead of using the cache."),
    timeout: float = typer.Option(60.0, "--timeout", help="Seconds to wait for the answer."),
) -> None:
    """Compare applications with their source now instead of at the next poll."""
    mode = RefreshMode.HARD if hard else RefreshMode.NORMAL

    async def work(cluster: Cluster) -> None:
        for name in names:
            app = await refreshed(cluster, name, app_namespace, mode, timeout)
            revision = applications.revision_of(app)[:8]
            typer.echo(f"{name}: {applications.sync_of(app)} {revision}, {applications.health_of(app)}")

    with_cluster(kubeconfig, work)


async def refreshed(cluster: Cluster, name: str, namespace: str, mode: RefreshMode, timeout: float) -> KubeObject:
    """The application after the controller has compared it again."""
    await applications.read_application(cluster, name, namespace)
    namespace, name = applications.qualified(name, namespace)
    body = {"metadata": {"annotations": {Annotation.REFRESH.value: mode.value}}}
    await cluster.patch(APPLICATION, namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)
    return await until(
        cluster,
        name,
        namespace,
        lambda app: Annotation.REFRESH.value not in annotations_of(app),
        timeout=timeout,
        wanted="the refresh to be answered",
    )
