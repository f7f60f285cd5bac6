"""The command `holdfast`: what it is made of, and how an error ends it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Final

import typer

from holdfast import __version__

NAME: Final = "holdfast"
"""However it was started: a shell completes by it, and usage names it."""

COMMANDS: Final = {
    "up": ("holdfast.cli.up", "up", "Bring everything up on this machine and keep a cluster at what Git says."),
    "app": ("holdfast.cli.app.group", "app", "See and act on applications."),
    "freeze": ("holdfast.cli.freeze", "freeze", "Stop all syncs, those of a project or those of an application."),
    "unfreeze": (
        "holdfast.cli.freeze",
        "unfreeze",
        "Lift freezes: those named, else those that were set with the same --project and --app.",
    ),
    "repo": ("holdfast.cli.repo.group", "repo", "See, register and try repositories and registries."),
    "plan": (
        "holdfast.cli.plan",
        "plan",
        "Show what a revision would change in every application before it is merged.",
    ),
    "controller": ("holdfast.cli.controller", "controller", "Run the engine against a cluster until it is stopped."),
    "rollout": ("holdfast.cli.rollout.group", "app", "See and act on Rollouts."),
    "rollouts": (
        "holdfast.cli.rollouts",
        "rollouts",
        "Carry out the Rollouts of a cluster until it is stopped, where something else deploys.",
    ),
    "health": ("holdfast.cli.health", "command", "Judge how well the objects of files are."),
    "actions": ("holdfast.cli.actions", "actions", "See and try the actions of the objects of files."),
    "validate": ("holdfast.cli.validate", "command", "Judge documents by the schemas of our kinds."),
}
"""Where each command stands: module, name in it, and its one line in the help."""


def command_line(chosen: str) -> typer.Typer:
    """The application with only the chosen command imported, so that help and errors answer at once."""
    app = typer.Typer(
        name=NAME,
        help="Keeps Kubernetes clusters held fast to Git.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    for name, (module, attribute, help_text) in COMMANDS.items():
        found = getattr(import_module(module), attribute) if name == chosen else None
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name, help=help_text)(found or _placeholder())
    app.command("version", help="Print the version.")(_version)
    return app


def _placeholder() -> Callable[[], None]:
    def not_imported() -> None:
        """Stands in the help; the command itself is imported when it is the one that was typed."""

    return not_imported


def _version() -> None:
    typer.echo(f"holdfast {__version__}")


def run() -> None:
    run_line(sys.argv[1:])


def run_line(arguments: Sequence[str]) -> None:
    """Runs the command line; an expected error is one clear message on stderr and exit code 1, never a traceback."""
    app = command_line(next((word for word in [*arguments, *_completed()] if not word.startswith("-")), ""))
    try:
        app(list(arguments), prog_name=NAME)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except Exception as error:
        from holdfast.cli.failures import explain

        text = explain(error)
        if text is None:
            raise
        typer.echo(f"holdfast: {text}", err=True)
        sys.exit(1)


def _completed() -> list[str]:
    """What stands behind `holdfast` on the line that a shell completes: its command has to be there."""
    if "_HOLDFAST_COMPLETE" not in os.environ:
        return []
    line = os.environ.get("_TYPER_COMPLETE_ARGS") or os.environ.get("COMP_WORDS", "")
    return line.split()[1:]


if __name__ == "__main__":
    run()
