"""The option about settings of notifications, as several commands have it."""

from __future__ import annotations

import typer

SelfServiceOption = typer.Option(
    False,
    "--self-service-notification-enabled",
    help="Let the settings of notifications that stand beside a Rollout hold for it, too.",
)
