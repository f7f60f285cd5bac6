"""`holdfast rollouts`: the rollout controller alone, against any cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer


def rollouts(
    kubeconfig: Path | None = typer.Option(None, "--kubeconfig", help="The cluster; inside a Pod its own."),
) -> None:
    """Carry out the Rollouts of a cluster until it is stopped, where something else deploys."""
    from holdfast.assembly import logs
    from holdfast.assembly.clusters import open_cluster
    from holdfast.assembly.engine_process import run_rollouts

    logs.to_stdout()

    async def run() -> None:
        async with open_cluster(kubeconfig) as cluster:
            version = (await cluster.discover()).kubernetes_version
            typer.echo(f"Carrying out the Rollouts of all namespaces on Kubernetes {version}")
            await run_rollouts(cluster)

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
