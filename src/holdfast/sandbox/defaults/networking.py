"""Defaults of Ingresses and NetworkPolicies."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.keys import GroupKind
from holdfast.sandbox.defaults.statuses import initial_status


def _network_policy(obj: dict[str, Any]) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("podSelector", {})
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction) or ():
            for port in rule.get("ports") or ():
                port.setdefault("protocol", "TCP")
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", "Egress"] if "egress" in spec else ["Ingress"]


DEFAULTS: Final = {GroupKind("networking.k8s.io", "NetworkPolicy"): _network_policy}
PREPARATIONS: Final = {GroupKind("networking.k8s.io", "Ingress"): initial_status({"loadBalancer": {}})}
