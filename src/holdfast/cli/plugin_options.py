"""The option that names plugins of this machine, as several commands have it."""

from __future__ import annotations

import typer

PluginsOption = typer.Option(
    None, "--plugins", help="Folder or file with definitions of config management plugins, run on this machine."
)

StepPluginsOption = typer.Option(
    None, "--step-plugins", help="Folder with the programs that carry out plugin steps of Rollouts."
)
