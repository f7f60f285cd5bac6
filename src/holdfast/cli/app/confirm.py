"""`holdfast app confirm-deletion`: approves the deletions and prunes that wait for a person."""

from __future__ import annotations

from datetime import datetime

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import with_cluster
from holdfast.engine.status import times
from holdfast.model.kube import KubeObject
from holdfast.model.names import Annotation
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind
from holdfast.runtime.clock import SystemClock


def confirm_deletion(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
) -> None:
    """Approve what waits for confirmation: prunes of the running sync, or the deletion of the application."""

    async def work(cluster: Cluster) -> None:
        app = await applications.read_application(cluster, name, app_namespace)
        namespace, plain = applications.qualified(name, app_namespace)
        body = approval_of(app, SystemClock().now())
        await cluster.patch(APPLICATION, namespace, plain, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)
        typer.echo(f"approved the deletions of {namespace}/{plain} that wait now")

    with_cluster(kubeconfig, work)


def approval_of(app: KubeObject, now: datetime) -> KubeObject:
    """Never before what it approves, should the cluster's clock be ahead of this one."""
    began = [
        times.parse(applications.operation_of(app).get("startedAt")),
        times.parse((app.get("metadata") or {}).get("deletionTimestamp")),
    ]
    at = max([now, *(moment for moment in began if moment is not None)])
    return {"metadata": {"annotations": {Annotation.DELETION_APPROVED.value: times.stamp(at)}}}
