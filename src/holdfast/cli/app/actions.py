"""`holdfast app actions`: sees and runs the actions of an application's live objects."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import typer

from holdfast.cli.actions import parameters_of, rows
from holdfast.cli.app import applications
from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.identity import whoami
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.model.application import Application
from holdfast.model.errors import Blocked
from holdfast.model.kube import KubeObject, group_of, key_of, kind_of, name_of, namespace_of
from holdfast.ports.cluster import Cluster

if TYPE_CHECKING:
    from holdfast.assembly.live_actions import Done, LiveActions, Wanted

actions = typer.Typer(help="See and run the actions of live objects.", no_args_is_help=True, rich_markup_mode=None)
Result = TypeVar("Result")

KindOption = typer.Option("", "--kind", help="Of the objects, such as Deployment.")
GroupOption = typer.Option(None, "--group", help='Of their API; "" is that of ConfigMap and Pod.')
ObjectNamespaceOption = typer.Option("", "--namespace", help="Of the objects.")
ObjectNameOption = typer.Option("", "--resource-name", help="Of one object.")
SEVERAL_AT_ONCE = 8


@actions.command("list")
def list_(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kind: str = KindOption,
    group: str | None = GroupOption,
    namespace: str = ObjectNamespaceOption,
    resource_name: str = ObjectNameOption,
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    output: Format = OutputOption,
) -> None:
    """List the actions that live objects of an application offer."""

    async def ask(app: Application, acting: LiveActions) -> list[dict[str, Any]]:
        found = await acting.objects(app, _wanted(kind, group, namespace, resource_name))
        return [
            {**_identity(obj), "actions": [msgspec.to_builtins(one) for one in await acting.offered(app, obj)]}
            for obj in found
        ]

    answers = _with_actions(kubeconfig, name, app_namespace, ask)
    if output in (Format.JSON, Format.YAML):
        print_document(answers, output)
    else:
        print_table(("GROUP", "KIND", "NAMESPACE", "NAME", "ACTION", "DISABLED", "PARAMS"), rows(answers))


@actions.command("run")
def run(
    name: str = typer.Argument(..., metavar="APPNAME"),
    action: str = typer.Argument(..., metavar="ACTION"),
    kind: str = KindOption,
    group: str | None = GroupOption,
    namespace: str = ObjectNamespaceOption,
    resource_name: str = ObjectNameOption,
    every: bool = typer.Option(False, "--all", help="On all objects that are meant, not only on one."),
    param: list[str] = typer.Option([], "--param", help="A parameter as name=value; may be given several times."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
) -> None:
    """Run an action on a live object of an application."""
    if not kind:
        raise Blocked("KindMissing", "name the kind of the object with --kind, such as --kind Deployment")
    parameters = parameters_of(param)

    async def act(app: Application, acting: LiveActions) -> list[Done]:
        found = await acting.objects(app, _wanted(kind, group, namespace, resource_name))
        refuse_several(found, every=every)
        return [one for obj in found for one in await acting.run(app, obj, action, parameters)]

    for one in _with_actions(kubeconfig, name, app_namespace, act):
        words = {"create": "created", "patch": "changed"}
        typer.echo(f"{words[one.operation] if one.changed else 'unchanged'} {one.key}")


def refuse_several(found: list[KubeObject], *, every: bool) -> None:
    if len(found) > 1 and not every:
        shown = ", ".join(str(key_of(obj)) for obj in found[:SEVERAL_AT_ONCE])
        more = f" and {len(found) - SEVERAL_AT_ONCE} more" if len(found) > SEVERAL_AT_ONCE else ""
        raise Blocked(
            "SeveralResources",
            f"{len(found)} objects are meant: {shown}{more}; choose one with --resource-name and --namespace, or say --all",
        )


def _wanted(kind: str, group: str | None, namespace: str, name: str) -> Wanted:
    from holdfast.assembly.live_actions import Wanted

    return Wanted(kind=kind or None, group=group, namespace=namespace or None, name=name or None)


def _with_actions(
    kubeconfig: KubeconfigPath,
    name: str,
    app_namespace: str,
    work: Callable[[Application, LiveActions], Awaitable[Result]],
) -> Result:
    async def session(cluster: Cluster) -> Result:
        from holdfast.assembly import customized
        from holdfast.assembly.live_actions import LiveActions
        from holdfast.runtime.clock import SystemClock

        found, who = await asyncio.gather(applications.read_application(cluster, name, app_namespace), whoami(cluster))
        scripts = customized.scripts()
        acting = LiveActions(cluster, scripts, SystemClock(), user=who.user, field_manager=FIELD_MANAGER)
        try:
            return await work(msgspec.convert(found, Application), acting)
        finally:
            await scripts.close()

    return with_cluster(kubeconfig, session)


def _identity(obj: KubeObject) -> dict[str, str]:
    return {"group": group_of(obj), "kind": kind_of(obj), "namespace": namespace_of(obj), "name": name_of(obj)}
