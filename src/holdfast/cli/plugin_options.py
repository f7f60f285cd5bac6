"""The option that names plugins of this machine, as several commands have it."""

from __future__ import annotations

import typer

PluginsOption = typer.Option(
    None, "--plugins", help="Folder or file with definitions of config management plugins, run on this machine."
)
