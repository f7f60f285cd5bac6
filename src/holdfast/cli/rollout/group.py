"""The group `holdfast rollout`: which command stands in which file."""

from __future__ import annotations

import typer

from holdfast.cli.rollout import asking, ending, looking, planning

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
app.command("set-image")(asking.set_image)
app.command("terminate")(ending.terminate)
app.command("lint")(planning.lint)
app.command("plan")(planning.plan)
