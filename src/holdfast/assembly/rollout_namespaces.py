"""Where the controllers of Rollouts find what they are told: settings of notifications, and Secrets of those who measure."""

from __future__ import annotations

from typing import Final

NAMESPACES: Final = ("argo-rollouts", "argocd")
"""Where Argo Rollouts has them, and where we have ours: those of the first that has some count."""
