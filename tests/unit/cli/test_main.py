"""The command line as a whole: its help, and how errors end it."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module

import pytest
import typer

from holdfast.cli.failures import explain
from holdfast.cli.main import COMMANDS
from holdfast.model.errors import Blocked, NotFound, Unavailable


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_says_of_each_command_what_the_command_says_of_itself(name: str) -> None:
    module, attribute, help_text = COMMANDS[name]
    found = getattr(import_module(module), attribute)

    own = found.info.help if isinstance(found, typer.Typer) else (found.__doc__ or "").splitlines()[0]

    assert own == help_text


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (Blocked("X", "do this"), "do this"),
        (NotFound("no such thing"), "the cluster refused (404 NotFound): no such thing"),
        (
            Unavailable("refused", status=0),
            "no answer from the cluster: refused\nIs it running? `holdfast up` starts one.",
        ),
        (KeyError("bug"), None),
    ],
)
def test_an_error_is_said_in_words(error: Exception, text: str | None) -> None:
    assert explain(error) == text


@pytest.mark.real_time
def test_an_expected_error_prints_no_traceback() -> None:
    command = [sys.executable, "-m", "holdfast", "app", "list", "--kubeconfig", "/nowhere/kubeconfig"]
    done = subprocess.run(command, capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr == "holdfast: there is no kubeconfig file at /nowhere/kubeconfig\n"


@pytest.mark.real_time
def test_a_command_that_does_not_exist_is_told() -> None:
    done = subprocess.run([sys.executable, "-m", "holdfast", "applications"], capture_output=True, text=True)

    assert done.returncode == 2
    assert "No such command 'applications'" in done.stderr
