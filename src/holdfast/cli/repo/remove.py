"""`holdfast repo rm`."""

from __future__ import annotations

import typer

from holdfast.cli.connection import with_cluster
from holdfast.cli.repo.registered import KubeconfigOption, KubeconfigPath, NamespaceOption, ProjectOption, only
from holdfast.model.resource_types import SECRET
from holdfast.ports.cluster import Cluster


def rm(
    url: str = typer.Argument(..., metavar="REPO"),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = NamespaceOption,
    project: str = ProjectOption,
) -> None:
    """Remove the Secret that registers a repository; its applications stay."""

    async def work(cluster: Cluster) -> str:
        found = await only(cluster, namespace, url, project)
        await cluster.delete(SECRET, namespace, found.secret)
        return found.secret

    typer.echo(f"repository {url} removed (Secret {with_cluster(kubeconfig, work)})")
