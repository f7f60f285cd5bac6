"""The option about monitoring, as several commands have it."""

from __future__ import annotations

import typer

MetricsOption = typer.Option(
    "", "--metrics", help="Where /metrics of Rollouts is answered, such as :8090; by default nowhere."
)
