"""The command: says where the page is, and serves it until it is stopped."""

from __future__ import annotations

import asyncio

import typer

from holdfast.cli.connection import with_cluster
from holdfast.cli.rollout.rollouts import KubeconfigOption, KubeconfigPath
from holdfast.ports.cluster import Cluster


def dashboard(
    port: int = typer.Option(0, "--port", "-p", min=0, max=65535, help="By default a free one."),
    kubeconfig: KubeconfigPath = KubeconfigOption,
    namespace: str = typer.Option("", "--namespace", "-n", help="Only this namespace; by default all."),
) -> None:
    """Show the Rollouts as a page in the browser, for this machine alone and with your rights in the cluster."""
    from holdfast.cli.rollout.dashboard.serving import serving

    async def work(cluster: Cluster) -> None:
        async with serving(cluster, namespace, port) as address:
            typer.echo(f"The Rollouts of {namespace or 'all namespaces'}: {address}")
            typer.echo("Whoever has this address acts with your rights. Ctrl+C ends it.")
            await asyncio.Event().wait()

    with_cluster(kubeconfig, work)
