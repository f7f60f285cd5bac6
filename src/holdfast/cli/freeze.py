"""`holdfast freeze` and `holdfast unfreeze`: no syncs for a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import typer

from holdfast.cli.app.applications import FIELD_MANAGER, KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.app.identity import whoami
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.engine.gates.freeze import scope
from holdfast.engine.lang import durations
from holdfast.engine.status import times
from holdfast.model.errors import ApiError, Blocked
from holdfast.model.freeze import Freeze, FreezeSpec
from holdfast.model.kube import KubeObject
from holdfast.model.names import OWN_API_VERSION
from holdfast.model.resource_types import FREEZE
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock

HEADINGS = ("NAME", "STOPS", "UNTIL", "SELF-HEAL", "BY", "REASON")

freeze = typer.Typer(help="Stop all syncs, those of a project or those of an application.", rich_markup_mode=None)
ProjectOption = typer.Option("", "--project", "-p", help="Only the applications of this project.")
ApplicationOption = typer.Option("", "--app", "-a", help="Only this application (name or namespace/name).")


@freeze.callback(invoke_without_command=True)
def start(
    context: typer.Context,
    reason: str = typer.Option("", "--reason", "-r", help="Why; it is shown to everybody who is stopped."),
    project: str = ProjectOption,
    app: str = ApplicationOption,
    until: str = typer.Option("", "--until", help="2h, 30m or 2026-12-24T18:00:00Z; without it until `unfreeze`."),
    allow_self_heal: bool = typer.Option(False, "--allow-self-heal", help="Drift is still undone."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
) -> None:
    """Stop all syncs, those of a project or those of an application; without --until, until `holdfast unfreeze`."""
    if context.invoked_subcommand is not None:
        return
    if not reason.strip():
        raise Blocked("OptionInvalid", "say why with --reason: it is shown to everybody who is stopped")
    now = SystemClock().now()
    spec = FreezeSpec(
        project=project, application=app, reason=reason, until=end_of(until, now), allow_self_heal=allow_self_heal
    )

    async def work(cluster: Cluster) -> str:
        made = document(msgspec.structs.replace(spec, frozen_by=await _who(cluster)), app_namespace, now)
        await cluster.create(FREEZE, made, field_manager=FIELD_MANAGER)
        return str(made["metadata"]["name"])

    name = with_cluster(kubeconfig, work)
    end = f"until {spec.until}" if spec.until else "until it is lifted"
    typer.echo(f"{scope(Freeze(spec=spec))}: frozen {end}; lift it with: holdfast unfreeze {name}")


@freeze.command("list")
def list_(
    kubeconfig: KubeconfigPath = KubeconfigOption, app_namespace: str = NamespaceOption, output: Format = OutputOption
) -> None:
    """List the freezes, those that are over as well."""
    found = with_cluster(kubeconfig, lambda it: _read(it, app_namespace))
    match output:
        case Format.JSON | Format.YAML:
            print_document([msgspec.to_builtins(one) for one in found], output)
        case Format.NAME:
            for one in found:
                typer.echo(one.metadata.name)
        case Format.TABLE | Format.WIDE:
            now = SystemClock().now()
            print_table(HEADINGS, [row(one, now) for one in found])


def unfreeze(
    names: list[str] = typer.Argument(None, metavar="[NAME...]"),
    project: str = ProjectOption,
    app: str = ApplicationOption,
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
) -> None:
    """Lift freezes: those named, else those that were set with the same --project and --app."""

    async def work(cluster: Cluster) -> list[str]:
        chosen = chosen_of(await _read(cluster, app_namespace), names or [], project, app)
        for name in chosen:
            await cluster.delete(FREEZE, app_namespace, name)
        return chosen

    for name in with_cluster(kubeconfig, work):
        typer.echo(f"lifted {name}")


def chosen_of(known: list[Freeze], names: list[str], project: str, app: str) -> list[str]:
    """Raises Blocked when nothing fits."""
    there = [one.metadata.name for one in known]
    missing = [name for name in names if name not in there]
    fitting = names or [
        one.metadata.name for one in known if (one.spec.project, one.spec.application) == (project, app)
    ]
    if missing or not fitting:
        listed = ", ".join(f"{one.metadata.name} ({scope(one)})" for one in known) or "none"
        raise Blocked("NoSuchFreeze", f"no freeze {', '.join(missing) or 'of this scope'}; there: {listed}")
    return fitting


def end_of(text: str, now: datetime) -> str | None:
    """The instant that a duration or a time means. Raises Blocked for what is neither, or over."""
    if not text:
        return None
    lasting = durations.parse(text)
    end = now + lasting if lasting is not None else times.parse(text)
    if end is None:
        raise Blocked("OptionInvalid", f"--until takes a duration (2h) or a time (2026-12-24T18:00:00Z), not {text!r}")
    if end <= now:
        raise Blocked("OptionInvalid", f"--until {text} is over already")
    return times.stamp(end)


def document(spec: FreezeSpec, namespace: str, now: datetime) -> KubeObject:
    place = "-".join(part for part in (spec.project, spec.application.replace("/", "-")) if part) or "all"
    name = f"{place}-{now:%Y%m%d-%H%M%S}"
    body: dict[str, Any] = msgspec.to_builtins(spec)
    return {
        "apiVersion": OWN_API_VERSION,
        "kind": "Freeze",
        "metadata": {"name": name, "namespace": namespace},
        "spec": body,
    }


def row(one: Freeze, now: datetime) -> tuple[str, ...]:
    spec = one.spec
    end = times.parse(spec.until)
    over = " (over)" if end is not None and end <= now else ""
    return (
        one.metadata.name,
        scope(one),
        (spec.until or "unfreeze") + over,
        "allowed" if spec.allow_self_heal else "stopped",
        spec.frozen_by or "unknown",
        spec.reason,
    )


async def _read(cluster: Cluster, namespace: str) -> list[Freeze]:
    listing = await cluster.list(FREEZE, namespace=namespace)
    return sorted((msgspec.convert(one.decode(), Freeze) for one in listing.items), key=_name)


def _name(one: Freeze) -> str:
    return one.metadata.name


async def _who(cluster: Cluster) -> str:
    """For people to read: a server that does not tell is no reason not to freeze."""
    try:
        return (await whoami(cluster)).user
    except (ApiError, Blocked):
        return ""
