"""The group `holdfast rollout notifications`: which command stands in which file."""

from __future__ import annotations

import typer

from holdfast.cli.rollout.notifications import templates, triggers

app = typer.Typer(
    help="Look at the settings of notifications and try them.", no_args_is_help=True, rich_markup_mode=None
)
_templates = typer.Typer(help="What is told.", no_args_is_help=True, rich_markup_mode=None)
_templates.command("get")(templates.get)
_templates.command("notify")(templates.notify)
app.add_typer(_templates, name="template")
_triggers = typer.Typer(help="When something is told.", no_args_is_help=True, rich_markup_mode=None)
_triggers.command("get")(triggers.get)
_triggers.command("run")(triggers.run)
app.add_typer(_triggers, name="trigger")
