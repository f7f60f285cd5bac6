"""Defaults of the PodDisruptionBudget."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject


def _budget(obj: dict[str, Any], before: KubeObject | None) -> None:
    obj.setdefault("spec", {})
    if before is None:
        obj["status"] = {"disruptionsAllowed": 0, "currentHealthy": 0, "desiredHealthy": 0, "expectedPods": 0}


DEFAULTS: Final = {GroupKind("policy", "PodDisruptionBudget"): _budget}
