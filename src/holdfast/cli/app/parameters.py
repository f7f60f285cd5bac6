"""`holdfast app parameters`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from holdfast.cli.app import applications
from holdfast.cli.app.applications import KubeconfigOption, KubeconfigPath, NamespaceOption
from holdfast.cli.connection import find_kubeconfig, with_cluster
from holdfast.cli.output import Format, OutputOption, print_document, print_table
from holdfast.cli.plugin_options import PluginsOption
from holdfast.model.errors import Blocked
from holdfast.ports.cluster import Cluster

if TYPE_CHECKING:
    from holdfast.assembly.plugin_parameters import OfferedParameter

HEADINGS = ("PLUGIN", "PARAMETER", "KIND", "REQUIRED", "DEFAULT", "GIVEN", "TITLE")


def parameters(
    name: str = typer.Argument(..., metavar="APPNAME"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    app_namespace: str = NamespaceOption,
    plugins: Path | None = PluginsOption,
    local: Path | None = typer.Option(
        None, "--local", help="Read this folder, the root of a working copy, in the place of the source's repository."
    ),
    output: Format = OutputOption,
) -> None:
    """List the parameters of an application's plugins, and what it gives for them."""
    if local is not None and not local.is_dir():
        raise Blocked("LocalFolder", f"--local: there is no folder {local}")

    async def work(cluster: Cluster) -> list[OfferedParameter]:
        from holdfast.assembly.plugin_parameters import offered

        app = await applications.read_application(cluster, name, app_namespace)
        where = find_kubeconfig(kubeconfig)
        return await offered(cluster, where, app, plugins=str(plugins or ""), working_copy=local)

    found = with_cluster(kubeconfig, work)
    match output:
        case Format.JSON | Format.YAML:
            print_document([as_document(one) for one in found], output)
        case Format.NAME:
            for one in found:
                typer.echo(one.name)
        case Format.TABLE | Format.WIDE:
            print_table(HEADINGS, [row(one) for one in found])


def row(one: OfferedParameter) -> tuple[str, ...]:
    said = one.announced
    return (
        one.plugin,
        one.name,
        (said.collection_type or said.item_type or "string") if said else "unknown to it",
        "yes" if said is not None and said.required else "",
        _shown(said.array or said.map or said.string) if said else "",
        _given(one),
        said.title if said else "",
    )


def as_document(one: OfferedParameter) -> dict[str, Any]:
    import msgspec

    said: dict[str, Any] = msgspec.to_builtins(one)
    return said


def _given(one: OfferedParameter) -> str:
    if one.given is None:
        return ""
    values = (one.given.string, one.given.array, one.given.map)
    return next((_shown(value) for value in values if value is not None), "")


def _shown(value: str | tuple[str, ...] | dict[str, str]) -> str:
    match value:
        case str():
            return value
        case dict():
            return ",".join(f"{key}={one}" for key, one in value.items())
        case _:
            return ",".join(value)
