"""`holdfast controller`: the engine alone, against any cluster."""

from __future__ import annotations

import asyncio
from pathlib import Path

import typer

from holdfast.cli.instance_options import InstanceOption
from holdfast.cli.load_balancer_options import VerifyLoadBalancersOption
from holdfast.cli.monitoring_options import MetricsOption
from holdfast.cli.notification_options import SelfServiceOption
from holdfast.cli.plugin_options import (
    AskPassSocketOption,
    MetricPluginsOption,
    PluginSocketsOption,
    PluginsOption,
    StepPluginsOption,
)


def controller(
    kubeconfig: Path | None = typer.Option(None, "--kubeconfig", help="The cluster; inside a Pod its own."),
    namespace: str = typer.Option("argocd", "--namespace", "-n", help="Where the Applications are."),
    data: Path = typer.Option(Path(".holdfast"), "--data", help="Folder for mirrors and caches; may be lost."),
    poll: int = typer.Option(120, "--poll", min=1, help="Seconds between two looks at the repositories."),
    rollouts: bool = typer.Option(True, "--rollouts/--no-rollouts", help="Carry out Rollouts, too."),
    listen: str = typer.Option("", "--listen", help="Where webhooks are taken in, such as :8080; by default nowhere."),
    workers: int = typer.Option(2, "--render-workers", min=1, max=64, help="Processes that render."),
    plugins: Path | None = PluginsOption,
    step_plugins: Path | None = StepPluginsOption,
    metric_plugins: Path | None = MetricPluginsOption,
    self_service: bool = SelfServiceOption,
    verify_load_balancers: bool = VerifyLoadBalancersOption,
    monitoring: str = MetricsOption,
    instance_id: str = InstanceOption,
    plugin_sockets: Path | None = PluginSocketsOption,
    ask_pass_socket: Path | None = AskPassSocketOption,
) -> None:
    """Run the engine against a cluster until it is stopped."""
    from holdfast.assembly import logs
    from holdfast.assembly.clusters import open_cluster
    from holdfast.assembly.engine_process import run_engine
    from holdfast.assembly.places import DataPlace
    from holdfast.assembly.settings import EngineSettings, metric_plugin_folder, plugin_places, step_plugin_folder

    logs.to_stdout()
    place = DataPlace(data)
    place.prepare()
    settings = EngineSettings(
        namespace=namespace,
        poll_seconds=poll,
        render_workers=workers,
        listen=listen,
        rollouts=rollouts,
        plugins=plugin_places(plugins, plugin_sockets, ask_pass_socket),
        step_plugins=step_plugin_folder(step_plugins),
        metric_plugins=metric_plugin_folder(metric_plugins),
        self_service_notifications=self_service,
        verify_load_balancers=verify_load_balancers,
        monitoring=monitoring,
        instance_id=instance_id,
    )

    async def run() -> None:
        async with open_cluster(kubeconfig) as cluster:
            version = (await cluster.discover()).kubernetes_version
            if listen:
                typer.echo(f"Webhooks are taken in at {listen}, path /api/webhook")
            typer.echo(f"Keeping the applications of namespace {namespace} on Kubernetes {version}")
            await run_engine(cluster, place, settings, place.read_rewrites())

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
