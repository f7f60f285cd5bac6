"""The option about several controllers of Rollouts on one cluster, as several commands have it."""

from __future__ import annotations

import typer

InstanceOption = typer.Option(
    "",
    "--instance-id",
    help="Carry out only what has the label argo-rollouts.argoproj.io/controller-instance-id of this value.",
)
