"""`holdfast rollout version | completion`: about the program itself."""

from __future__ import annotations

from enum import StrEnum

import typer

from holdfast import __version__

PROGRAM = "holdfast"


class Shell(StrEnum):
    BASH = "bash"
    FISH = "fish"
    POWERSHELL = "powershell"
    ZSH = "zsh"


def version() -> None:
    """Print the version."""
    typer.echo(f"{PROGRAM} {__version__}")


def completion(shell: Shell = typer.Argument(..., help="The shell that is to complete `holdfast`.")) -> None:
    """Print the script that completes command lines: `source <(holdfast rollout completion bash)`."""
    from typer._completion_shared import get_completion_script

    variable = f"_{PROGRAM.upper()}_COMPLETE"
    typer.echo(get_completion_script(prog_name=PROGRAM, complete_var=variable, shell=str(shell)))
