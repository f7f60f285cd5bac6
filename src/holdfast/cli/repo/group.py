"""The group `holdfast repo`: which command stands in which file."""

from __future__ import annotations

import typer

from holdfast.cli.repo import add, check, listing, remove

repo = typer.Typer(
    help="See, register and try repositories and registries.", no_args_is_help=True, rich_markup_mode=None
)
repo.command("list")(listing.list_)
repo.command("get")(listing.get)
repo.command("add")(add.add)
repo.command("rm")(remove.rm)
repo.command("check")(check.check)
