"""`holdfast app sync`: asks for an operation, by the field that Argo CD's controller understands too, and follows it."""

from __future__ import annotations

import getpass
from typing import Any

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.following import until
from holdfast.cli.app.get import print_application
from holdfast.cli.app.identity import whoami
from holdfast.cli.app.progress import Progress
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document
from holdfast.model.errors import ApiError, Blocked
from holdfast.model.kube import KubeObject, resource_version_of
from holdfast.model.names import OperationInfo
from holdfast.model.resource_types import APPLICATION
from holdfast.ports.cluster import Cluster, PatchKind

COMPARISON_SECONDS = 3.0


def sync(
    names: list[str] = typer.Argument(None, metavar="[APPNAME...]"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    selector: str = typer.Option("", "--selector", "-l", help="All applications with these labels."),
    revision: str = typer.Option("", "--revision", help="Sync to this revision instead of the target's newest."),
    prune: bool = typer.Option(False, "--prune", help="Delete objects that left the source."),
    dry_run: bool = typer.Option(False, "--dry-run", help="Say what would be done."),
    force: bool = typer.Option(False, "--force", help="Delete and make again what cannot be changed."),
    replace: bool = typer.Option(False, "--replace", help="Replace objects instead of applying them."),
    server_side: bool = typer.Option(False, "--server-side", help="Apply on the server (what is done anyway)."),
    apply_out_of_sync_only: bool = typer.Option(False, "--apply-out-of-sync-only", help="Leave alone what is Synced."),
    resource: list[str] = typer.Option([], "--resource", help="Only these: GROUP:KIND:[NAMESPACE/]NAME."),
    retry_limit: int = typer.Option(0, "--retry-limit", help="How often a failed sync is tried again."),
    break_freeze: str = typer.Option("", "--break-freeze", metavar="REASON", help="Sync in a freeze; it is recorded."),
    async_: bool = typer.Option(False, "--async", help="Do not wait for the end."),
    timeout: float = typer.Option(0.0, "--timeout", help="Seconds to wait; 0 waits for ever."),
    output: Format = OutputOption,
) -> None:
    """Bring applications to what their source says, and follow it to the end."""
    options = {"Replace=true": replace, "ServerSideApply=true": server_side}
    options["ApplyOutOfSyncOnly=true"] = apply_out_of_sync_only
    operation = operation_of(
        revision=revision,
        prune=prune,
        dry_run=dry_run,
        force=force,
        options=[option for option, chosen in options.items() if chosen],
        resources=[parse_resource(text) for text in resource],
        retry_limit=retry_limit,
        break_freeze=break_freeze,
    )

    async def work(cluster: Cluster) -> list[KubeObject]:
        chosen = [applications.qualified(name, app_namespace) for name in names or []]
        if selector:
            found = await applications.list_applications(cluster, app_namespace, selector)
            chosen += [(app_namespace, app["metadata"]["name"]) for app in found]
        if not chosen:
            raise Blocked("NothingChosen", "name an application, or choose some with --selector")
        asked = await in_the_name_of(cluster, operation)
        for namespace, name in chosen:
            await start(cluster, name, namespace, asked)
        if async_:
            return []
        return [await finish(cluster, name, namespace, timeout) for namespace, name in chosen]

    finished = with_cluster(kubeconfig, work)
    for app in finished:
        if output in (Format.JSON, Format.YAML):
            print_document(app, output)
        else:
            print_application(app)
    if any(applications.operation_of(app).get("phase") != "Succeeded" for app in finished):
        raise typer.Exit(1)


def operation_of(
    *,
    revision: str,
    prune: bool,
    dry_run: bool,
    force: bool,
    options: list[str],
    resources: list[dict[str, str]],
    retry_limit: int,
    break_freeze: str = "",
) -> dict[str, Any]:
    """The field `operation` of an Application; what was not asked for is left out."""
    sync: dict[str, Any] = {
        "revision": revision,
        "prune": prune,
        "dryRun": dry_run,
        "syncOptions": options,
        "resources": resources,
    }
    return {
        "sync": {
            **{field: value for field, value in sync.items() if value},
            "syncStrategy": {"hook": {"force": True} if force else {}},
        },
        "initiatedBy": {"username": getpass.getuser()},
        **({"retry": {"limit": retry_limit}} if retry_limit else {}),
        **({"info": [{"name": OperationInfo.BREAK_FREEZE.value, "value": break_freeze}]} if break_freeze else {}),
    }


async def in_the_name_of(cluster: Cluster, operation: dict[str, Any]) -> dict[str, Any]:
    """The operation with the user of the kubeconfig, who must not be the one that approves it."""
    try:
        who = await whoami(cluster)
    except (ApiError, Blocked):
        return operation
    info = [*operation.get("info", ()), {"name": OperationInfo.USER.value, "value": who.user}]
    return {**operation, "info": info}


def parse_resource(text: str) -> dict[str, str]:
    """`apps:Deployment:web` or `:Service:shop/web`."""
    parts = text.split(":")
    if len(parts) != 3 or not parts[1] or not parts[2]:
        raise Blocked("OptionInvalid", f"--resource takes GROUP:KIND:[NAMESPACE/]NAME, not {text!r}")
    namespace, _, name = parts[2].rpartition("/")
    found = {"group": parts[0], "kind": parts[1], "namespace": namespace, "name": name}
    return {field: value for field, value in found.items() if value}


async def start(cluster: Cluster, name: str, namespace: str, operation: dict[str, Any]) -> None:
    """Asks for the operation.

    Raises Blocked when an operation runs already: two people must not sync over one another.
    """
    app = await applications.read_application(cluster, name, namespace)
    if applications.is_operation_pending(app):
        raise Blocked("OperationInProgress", f"{name}: another operation is in progress; wait for it or terminate it")
    body = {"metadata": {"resourceVersion": resource_version_of(app)}, "operation": operation}
    await cluster.patch(APPLICATION, namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER)


async def finish(cluster: Cluster, name: str, namespace: str, timeout: float) -> KubeObject:
    """The application once the operation is over and, where it succeeded, compared again."""

    def is_over(app: KubeObject) -> bool:
        return not applications.is_operation_pending(app) and bool(applications.operation_of(app))

    def is_compared(app: KubeObject) -> bool:
        succeeded = applications.operation_of(app).get("phase") == "Succeeded"
        return is_over(app) and (not succeeded or applications.sync_of(app) == "Synced")

    with Progress(name) as progress:
        await until(
            cluster, name, namespace, is_over, timeout=timeout, wanted="the end of the sync", seen=progress.show
        )
        try:
            return await until(cluster, name, namespace, is_compared, timeout=COMPARISON_SECONDS, wanted="a comparison")
        except Blocked:
            # Selected resources or kept objects leave it OutOfSync for good: that is what there is to show.
            return await applications.read_application(cluster, name, namespace)
