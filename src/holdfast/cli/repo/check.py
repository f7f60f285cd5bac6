"""`holdfast repo check`."""

from __future__ import annotations

import typer

from holdfast.cli.connection import find_kubeconfig, with_cluster
from holdfast.cli.repo.add import Kind
from holdfast.cli.repo.registered import KubeconfigOption, KubeconfigPath, NamespaceOption, ProjectOption


def check(
    url: str = typer.Argument(..., metavar="REPO"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
    kind: Kind | None = typer.Option(None, "--type", help="What it is; by default what its Secret says, else git."),
    project: str = ProjectOption,
) -> None:
    """Open a repository with the credentials that the cluster holds for it, from this machine."""
    from holdfast.assembly.repository_check import reach

    said = kind.value if kind is not None else ""
    found = with_cluster(
        kubeconfig, lambda cluster: reach(cluster, find_kubeconfig(kubeconfig), namespace, url, said, project)
    )
    typer.echo(f"{url}: {found}")
