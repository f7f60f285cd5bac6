"""What the server prepares of a PodDisruptionBudget."""

from __future__ import annotations

from typing import Final

from holdfast.model.keys import GroupKind
from holdfast.sandbox.defaults.statuses import initial_status

PREPARATIONS: Final = {
    GroupKind("policy", "PodDisruptionBudget"): initial_status(
        {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}
    ),
}
