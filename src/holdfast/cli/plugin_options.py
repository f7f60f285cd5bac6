"""The option that names plugins of this machine, as several commands have it."""

from __future__ import annotations

import typer

PluginsOption = typer.Option(
    None, "--plugins", help="Folder or file with definitions of config management plugins, run on this machine."
)

StepPluginsOption = typer.Option(
    None, "--step-plugins", help="Folder with the programs that carry out plugin steps of Rollouts."
)

MetricPluginsOption = typer.Option(
    None, "--metric-plugins", help="Folder with the programs that measure for metrics of the provider plugin."
)

PluginSocketsOption = typer.Option(
    None,
    "--plugin-sockets",
    envvar="ARGOCD_PLUGINSOCKFILEPATH",
    help="Folder with the sockets of plugins' sidecars; by default that of Argo CD's manifests.",
)

AskPassSocketOption = typer.Option(
    None,
    "--ask-pass-socket",
    envvar="ARGOCD_ASK_PASS_SOCK",
    help="In the folder of this socket sidecars ask for Git credentials; by default in ask-pass beside theirs.",
)
