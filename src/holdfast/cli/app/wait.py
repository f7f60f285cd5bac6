"""`holdfast app wait`."""

from __future__ import annotations

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.following import until
from holdfast.cli.app.progress import Progress
from holdfast.cli.connection import with_cluster
from holdfast.model.kube import KubeObject, is_being_deleted
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster


def wait(
    names: list[str] = typer.Argument(..., metavar="APPNAME..."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    sync: bool = typer.Option(False, "--sync", help="Wait until it is Synced."),
    health: bool = typer.Option(False, "--health", help="Wait until it is Healthy."),
    suspended: bool = typer.Option(False, "--suspended", help="Wait until it is Suspended."),
    degraded: bool = typer.Option(False, "--degraded", help="Wait until it is Degraded."),
    operation: bool = typer.Option(False, "--operation", help="Wait until no operation runs."),
    delete: bool = typer.Option(False, "--delete", help="Wait until it is gone."),
    timeout: float = typer.Option(0.0, "--timeout", help="Seconds; 0 waits for ever."),
) -> None:
    """Wait for applications to be as wished; with no option: Synced, Healthy and no operation running."""
    healths = {word for word, chosen in _healths(health, suspended, degraded) if chosen}
    if not (sync or healths or operation or delete):
        sync, operation, healths = True, True, {"Healthy"}

    def is_as_wished(app: KubeObject) -> bool:
        return (
            (not sync or applications.sync_of(app) == "Synced")
            and (not healths or applications.health_of(app) in healths)
            and (not operation or not applications.is_operation_pending(app))
        )

    async def work(cluster: Cluster) -> None:
        for name in names:
            with Progress(name) as progress:
                if delete:
                    await _until_gone(cluster, name, app_namespace, timeout, progress)
                    continue
                namespace, plain = applications.qualified(name, app_namespace)
                await until(
                    cluster,
                    plain,
                    namespace,
                    is_as_wished,
                    timeout=timeout,
                    wanted="what was waited for",
                    seen=progress.show,
                )

    with_cluster(kubeconfig, work)


def _healths(health: bool, suspended: bool, degraded: bool) -> tuple[tuple[str, bool], ...]:
    return (("Healthy", health), ("Suspended", suspended), ("Degraded", degraded))


async def _until_gone(cluster: Cluster, name: str, namespace: str, timeout: float, progress: Progress) -> None:
    from holdfast.model.errors import Blocked

    namespace, name = applications.qualified(name, namespace)
    if await cluster.get(APPLICATION, namespace, name) is None:
        return
    try:
        await until(
            cluster,
            name,
            namespace,
            lambda app: False,
            timeout=timeout,
            wanted="its deletion",
            seen=lambda app: progress.show(app, "deleting" if is_being_deleted(app) else ""),
        )
    except Blocked as over:
        if over.reason not in ("ApplicationDeleted", "ApplicationNotFound"):
            raise
