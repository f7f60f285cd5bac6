"""The group `holdfast rollout`: which command stands in which file."""

from __future__ import annotations

import typer

from holdfast.cli.rollout import asking, creating, ending, linting, looking, planning, telling
from holdfast.cli.rollout.dashboard import command
from holdfast.cli.rollout.notifications import group as notifications

app = typer.Typer(help="See and act on Rollouts.", no_args_is_help=True, rich_markup_mode=None)
app.command("list")(looking.list_)
app.command("get")(looking.get)
app.command("status")(looking.status)
app.command("promote")(asking.promote)
app.command("abort")(asking.abort)
app.command("retry")(asking.retry)
app.command("undo")(asking.undo)
app.command("pause")(asking.pause)
app.command("restart")(asking.restart)
app.command("set-image", hidden=True)(asking.set_image)
settings = typer.Typer(help="Change the Rollout.", no_args_is_help=True, rich_markup_mode=None)
settings.command("image")(asking.set_image)
app.add_typer(settings, name="set")
app.add_typer(notifications.app, name="notifications")
app.command("terminate")(ending.terminate)
app.command("lint")(linting.lint)
app.command("dashboard")(command.dashboard)
app.command("plan")(planning.plan)
app.command("create")(creating.create)
app.command("completion")(telling.completion)
app.command("version")(telling.version)
