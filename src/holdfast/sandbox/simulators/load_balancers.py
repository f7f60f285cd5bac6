"""Gives Services of type LoadBalancer and Ingresses an address, as a cloud does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, uid_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Outcome, Settled
from holdfast.sandbox.simulators.endpoints import SERVICE
from holdfast.sandbox.simulators.view import ClusterView

INGRESS = GroupKind("networking.k8s.io", "Ingress")

MANAGER = "cloud-controller-manager"


def address(obj: KubeObject) -> str:
    """An address that leads nowhere, from a range for documentation (RFC 5737)."""
    return f"203.0.113.{1 + hashlib.sha256(uid_of(obj).encode()).digest()[0] % 254}"


def decide_load_balancer(obj: KubeObject) -> dict[str, Any]:
    """The status as it should be."""
    status = dict(obj.get("status") or {})
    is_service = obj["kind"] == SERVICE.kind
    if is_service and obj["spec"].get("type") != "LoadBalancer":
        # What is left of a Service that was one.
        return {**status, "loadBalancer": {}} if (status.get("loadBalancer") or {}).get("ingress") else status
    if (status.get("loadBalancer") or {}).get("ingress"):
        return status
    ingress = {"ip": address(obj), **({"ipMode": "VIP"} if is_service else {})}
    return {**status, "loadBalancer": {"ingress": [ingress]}}


class LoadBalancers:
    name = "load-balancers"
    kinds = frozenset({SERVICE, INGRESS})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return [changed.key]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        found = self._view.find(key)
        if found is not None and not is_being_deleted(found):
            await self._view.write_status(found, decide_load_balancer(found), MANAGER)
        return Settled()
