"""The command `holdfast`: what it is made of, and how an error ends it."""

from __future__ import annotations

import sys

import typer

from holdfast import __version__
from holdfast.cli import controller as controller_command
from holdfast.cli import up as up_command
from holdfast.cli import validate as validate_command
from holdfast.cli.app import group as app_group
from holdfast.model.errors import ApiError, Blocked, HoldfastError

app = typer.Typer(
    name="holdfast",
    help="Keeps Kubernetes clusters held fast to Git.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("up")(up_command.up)
app.command("controller")(controller_command.controller)
app.command("validate")(validate_command.command)
app.add_typer(app_group.app, name="app")


@app.command("version")
def version() -> None:
    """Print the version."""
    typer.echo(f"holdfast {__version__}")


def run() -> None:
    """Runs the command line; an expected error is one clear message on stderr and exit code 1, never a traceback."""
    try:
        app()
    except HoldfastError as error:
        typer.echo(f"holdfast: {explain(error)}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)


def explain(error: HoldfastError) -> str:
    match error:
        case Blocked():
            return error.message
        case ApiError(status=0):
            return f"no answer from the cluster: {error.message}\nIs it running? `holdfast up` starts one."
        case ApiError():
            return f"the cluster refused ({error.status} {error.reason}): {error.message}"
        case _:
            return str(error)


if __name__ == "__main__":
    run()
