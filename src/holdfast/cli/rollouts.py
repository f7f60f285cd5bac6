"""`holdfast rollouts`: the rollout controller alone, against any cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from holdfast.cli.instance_options import InstanceOption
from holdfast.cli.load_balancer_options import VerifyLoadBalancersOption
from holdfast.cli.monitoring_options import MetricsOption
from holdfast.cli.notification_options import SelfServiceOption
from holdfast.cli.plugin_options import MetricPluginsOption, StepPluginsOption


def rollouts(
    kubeconfig: Path | None = typer.Option(None, "--kubeconfig", help="The cluster; inside a Pod its own."),
    namespace: str = typer.Option(
        "", "--namespace", "-n", help="Only those of this namespace, with rights in no other."
    ),
    step_plugins: Path | None = StepPluginsOption,
    metric_plugins: Path | None = MetricPluginsOption,
    self_service: bool = SelfServiceOption,
    verify_load_balancers: bool = VerifyLoadBalancersOption,
    monitoring: str = MetricsOption,
    instance_id: str = InstanceOption,
) -> None:
    """Carry out the Rollouts of a cluster until it is stopped, where something else deploys."""
    from holdfast.assembly import logs
    from holdfast.assembly.clusters import open_cluster
    from holdfast.assembly.engine_process import run_rollouts
    from holdfast.assembly.settings import metric_plugin_folder, step_plugin_folder

    logs.to_stdout()
    folder, measuring = step_plugin_folder(step_plugins), metric_plugin_folder(metric_plugins)

    async def run() -> None:
        async with open_cluster(kubeconfig, confined_to=namespace) as cluster:
            version = (await cluster.discover()).kubernetes_version
            where = f"namespace {namespace}" if namespace else "all namespaces"
            typer.echo(f"Carrying out the Rollouts of {where} on Kubernetes {version}")
            await run_rollouts(
                cluster,
                folder,
                metric_plugins=measuring,
                self_service=self_service,
                verify_load_balancers=verify_load_balancers,
                monitoring=monitoring,
                instance_id=instance_id,
                namespace=namespace,
            )

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
