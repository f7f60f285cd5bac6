"""`holdfast plan`: what a revision would change in every application that reads a repository, before it is merged."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

import typer

from holdfast.cli.connection import find_kubeconfig, with_cluster
from holdfast.cli.plugin_options import PluginsOption
from holdfast.model.preview import Preview
from holdfast.ports.cluster import Cluster


class PlanFormat(StrEnum):
    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


NO_CHANGE, FAILED, CHANGES = 0, 1, 2
TOKEN = "HOLDFAST_PREVIEW_TOKEN"  # noqa: S105 - the name of a variable


def plan(
    repo: str = typer.Option(..., "--repo", help="The repository, by any of its addresses."),
    revision: str = typer.Option("", "--revision", help="Branch, tag or commit to look at."),
    base: str = typer.Option("", "--base", help="The branch that it is for; by default what each application follows."),
    pull: int = typer.Option(0, "--pr", min=0, help="A pull request of the repository, instead of both revisions."),
    post: bool = typer.Option(
        False, "--post", help="Tell it there: by a status, and one comment that is kept up to date."
    ),
    provider: str = typer.Option(
        "", "--provider", help="What the host is: github, gitlab, bitbucket, bitbucket-server, gitea or azure."
    ),
    api: str = typer.Option("", "--api", help="The address of its API; by default as the repository's address says."),
    token_env: str = typer.Option(
        TOKEN, "--token-env", help="The variable with the token for it; unset, the repository's Secret is asked."
    ),
    username: str = typer.Option("", "--username", help="Whose token it is, where the host wants to know."),
    context: str = typer.Option(
        "", "--context", help="What status and comment are called; by default holdfast/preview."
    ),
    kubeconfig: Path | None = typer.Option(
        None, "--kubeconfig", help="The cluster; by default that of the running `holdfast up`."
    ),
    app_namespace: str = typer.Option("argocd", "--app-namespace", "-N", help="The namespace of the Applications."),
    workers: int = typer.Option(2, "--render-workers", min=1, max=64, help="Processes that render."),
    plugins: Path | None = PluginsOption,
    output: PlanFormat = typer.Option(PlanFormat.TEXT, "--output", "-o", help="How to print."),
) -> None:
    """Show what a revision would change in every application before it is merged.

    Nothing is changed in the cluster. Ends with 0 when nothing would change, with 2 for changes, with 1 for a problem; that
    a pull request cannot be told of is written to stderr and changes nothing of that.
    """
    if bool(revision) == bool(pull) or (base and pull):
        raise typer.BadParameter("say what to look at: --revision (and --base), or --pr")
    if post and not pull:
        raise typer.BadParameter("--post needs --pr, the number of the pull request")

    async def work(cluster: Cluster) -> Preview:
        from holdfast.assembly.preview import Asked, AskedPull, preview_of, preview_of_pull

        place, where = find_kubeconfig(kubeconfig), str(plugins or "")
        if not pull:
            looked_at = Asked(repo, revision, base)
            return await preview_of(cluster, place, looked_at, app_namespace, workers=workers, plugins=where)
        asked = AskedPull(
            repo,
            pull,
            post=post,
            provider=provider,
            api=api,
            token=os.environ.get(token_env, "").strip(),
            username=username,
            context=context,
        )
        return await preview_of_pull(cluster, place, asked, app_namespace, workers=workers, plugins=where, warn=warn)

    found = with_cluster(kubeconfig, work)
    show(found, output)
    raise typer.Exit(exit_code(found))


def warn(message: str) -> None:
    typer.echo(f"warning: {message}", err=True)


def show(found: Preview, output: PlanFormat) -> None:
    match output:
        case PlanFormat.JSON:
            from holdfast.cli.output import Format, print_document
            from holdfast.engine.preview import text

            print_document(text.document(found), Format.JSON)
        case PlanFormat.MARKDOWN:
            from holdfast.engine.preview import comment
            from holdfast.model.pull_request import Provider

            typer.echo(comment.comment(found, comment.FLAVORS[Provider.GITHUB]))
        case PlanFormat.TEXT:
            from holdfast.engine.preview import text

            for line in text.lines(found):
                typer.echo(line)


def exit_code(found: Preview) -> int:
    if found.has_problems:
        return FAILED
    return CHANGES if found.has_changes else NO_CHANGE
