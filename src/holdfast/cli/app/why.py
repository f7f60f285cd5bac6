"""`holdfast app why`: why an application is not synced, not healthy or not moving, and what would unblock it."""

from __future__ import annotations

import msgspec
import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import with_cluster
from holdfast.cli.output import Format, OutputOption, print_document
from holdfast.engine.why.reasons import Reason
from holdfast.ports.cluster import Cluster


def why(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    output: Format = OutputOption,
) -> None:
    """Say why an application is not synced, not healthy or not moving, and what would unblock it."""

    async def ask(cluster: Cluster) -> tuple[Reason, ...]:
        return await reasons_of(cluster, name, app_namespace)

    reasons = with_cluster(kubeconfig, ask)
    match output:
        case Format.JSON | Format.YAML:
            print_document({"reasons": msgspec.to_builtins(reasons)}, output)
        case Format.NAME:
            for one in reasons:
                typer.echo(one.kind.value)
        case Format.TABLE | Format.WIDE:
            typer.echo("\n".join(lines(reasons)))


async def reasons_of(cluster: Cluster, name: str, namespace: str) -> tuple[Reason, ...]:
    from holdfast.assembly import evidence
    from holdfast.engine.why import answer
    from holdfast.model.application import Application
    from holdfast.runtime.clock import SystemClock

    app = msgspec.convert(await applications.read_application(cluster, name, namespace), Application)
    return answer.why(await evidence.question(cluster, app, SystemClock().now()))


def lines(reasons: tuple[Reason, ...]) -> list[str]:
    """Numbered, what has to be solved first on top."""
    found: list[str] = []
    for number, one in enumerate(reasons, start=1):
        when = "".join(f", {word} {at}" for word, at in (("since", one.since), ("until", one.until)) if at)
        found.append(f"{number}. {one.kind}: {one.because}{when}")
        found += [f"     {detail}" for detail in one.details]
        if one.unblock:
            found.append(f"   > {one.unblock}")
        if one.command:
            found.append(f"   $ {one.command}")
    return found
