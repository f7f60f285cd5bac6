"""`holdfast app terminate-op`: ends the running operation, by the field that Argo CD's controller understands too."""

from __future__ import annotations

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import with_cluster
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, resource_version_of
from holdfast.model.names import OperationPhase
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind


def terminate_op(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
) -> None:
    """End the running operation: its hooks are deleted, objects stay as they are."""

    async def work(cluster: Cluster) -> None:
        app = await applications.read_application(cluster, name, app_namespace)
        namespace, plain = applications.qualified(name, app_namespace)
        body = {**termination_of(app), "metadata": {"resourceVersion": resource_version_of(app)}}
        await cluster.patch(APPLICATION, namespace, plain, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)
        typer.echo(f"terminating the operation of {namespace}/{plain}")

    with_cluster(kubeconfig, work)


def termination_of(app: KubeObject) -> KubeObject:
    """The change to the Application. Raises Blocked when no operation runs."""
    if app.get("operation"):
        # It has not begun: there is nothing to end but the request.
        return {"operation": None}
    if applications.operation_of(app).get("phase") != OperationPhase.RUNNING:
        raise Blocked("NoOperation", "Unable to terminate operation. No operation is in progress")
    return {"status": {"operationState": {"phase": OperationPhase.TERMINATING.value}}}
