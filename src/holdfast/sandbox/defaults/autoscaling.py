"""Defaults of the HorizontalPodAutoscaler, in the shape of autoscaling/v2."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.sandbox.defaults.statuses import initial_status

_DEFAULT_UTILIZATION: Final = 80
_UP_POLICIES: Final = (
    {"type": "Pods", "value": 4, "periodSeconds": 15},
    {"type": "Percent", "value": 100, "periodSeconds": 15},
)
_DOWN_POLICIES: Final = ({"type": "Percent", "value": 100, "periodSeconds": 15},)


def _autoscaler(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("minReplicas", 1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": _DEFAULT_UTILIZATION}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    behavior = spec.get("behavior")
    if behavior is not None:
        up = behavior.setdefault("scaleUp", {})
        up.setdefault("stabilizationWindowSeconds", 0)
        for rules, policies in ((up, _UP_POLICIES), (behavior.setdefault("scaleDown", {}), _DOWN_POLICIES)):
            rules.setdefault("selectPolicy", "Max")
            if not rules.get("policies"):
                rules["policies"] = [dict(policy) for policy in policies]


DEFAULTS: Final = {GroupKind("autoscaling", "HorizontalPodAutoscaler"): _autoscaler}
PREPARATIONS: Final = {
    GroupKind("autoscaling", "HorizontalPodAutoscaler"): initial_status({"desiredReplicas": 0, "currentMetrics": None}),
}
