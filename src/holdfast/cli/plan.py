"""`holdfast plan`: what a revision would change in every application that reads a repository, before it is merged."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from holdfast.cli.connection import find_kubeconfig, with_cluster
from holdfast.model.preview import Preview
from holdfast.ports.cluster import Cluster


class PlanFormat(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


NO_CHANGE, FAILED, CHANGES = 0, 1, 2


def plan(
    repo: str = typer.Option(..., "--repo", help="The repository, by any of its addresses."),
    revision: str = typer.Option(
        ..., "--revision", help="Branch, tag or commit to look at, such as that of a pull request."
    ),
    base: str = typer.Option("", "--base", help="The branch that it is for; by default what each application follows."),
    kubeconfig: Path | None = typer.Option(
        None, "--kubeconfig", help="The cluster; by default that of the running `holdfast up`."
    ),
    app_namespace: str = typer.Option("argocd", "--app-namespace", "-N", help="The namespace of the Applications."),
    workers: int = typer.Option(2, "--render-workers", min=1, max=64, help="Processes that render."),
    plugins: Path | None = typer.Option(
        None, "--plugins", help="Folder or file with definitions of config management plugins, run on this machine."
    ),
    output: PlanFormat = typer.Option(PlanFormat.TEXT, "--output", "-o", help="How to print."),
) -> None:
    """Show what a revision would change in every application before it is merged.

    Nothing is changed. Ends with 0 when nothing would change, with 2 for changes, with 1 for a problem.
    """

    async def work(cluster: Cluster) -> Preview:
        from holdfast.assembly.preview import Asked, preview_of

        asked = Asked(repo, revision, base)
        return await preview_of(
            cluster, find_kubeconfig(kubeconfig), asked, app_namespace, workers=workers, plugins=str(plugins or "")
        )

    found = with_cluster(kubeconfig, work)
    show(found, output)
    raise typer.Exit(exit_code(found))


def show(found: Preview, output: PlanFormat) -> None:
    from holdfast.engine.preview import text

    match output:
        case PlanFormat.JSON:
            from holdfast.cli.output import Format, print_document

            print_document(text.document(found), Format.JSON)
        case PlanFormat.MARKDOWN:
            typer.echo(text.markdown(found))
        case PlanFormat.TEXT:
            for line in text.lines(found):
                typer.echo(line)


def exit_code(found: Preview) -> int:
    if found.has_problems:
        return FAILED
    return NO_CHANGE if found.is_empty else CHANGES
