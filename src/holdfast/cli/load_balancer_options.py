"""The option about load balancers outside the cluster, as several commands have it."""

from __future__ import annotations

import typer

VerifyLoadBalancersOption = typer.Option(
    False,
    "--aws-verify-target-group",
    help="Ask AWS whether an ALB serves the weights of a step before the next one.",
)
