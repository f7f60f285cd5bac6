"""Keeps as many Pods as a ReplicaSet asks for, and reports how many are ready."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted, labels_of, name_of
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.sandbox.simulators import pods
from holdfast.sandbox.simulators.pods import MANAGER, POD
from holdfast.sandbox.simulators.view import ClusterView, own_and_owner

REPLICA_SET = GroupKind("apps", "ReplicaSet")

# No more Pods are made in one go than this; the rest follow when these are there.
LARGEST_BATCH = 100


class ReplicaSetDecision(Struct, frozen=True):
    create: int
    delete: tuple[KubeObject, ...]
    status: dict[str, Any]
    again: timedelta | None = None


def decide_replica_set(replica_set: KubeObject, owned: Sequence[KubeObject], now: datetime) -> ReplicaSetDecision:
    spec = replica_set["spec"]
    active = [pod for pod in owned if pods.is_active(pod)]
    missing = spec.get("replicas", 1) - len(active)
    wanted_labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
    available = pods.availability(active, spec.get("minReadySeconds", 0), now)
    status = {
        "replicas": len(active),
        **pods.without_zeros(
            {
                "fullyLabeledReplicas": sum(wanted_labels.items() <= labels_of(pod).items() for pod in active),
                "readyReplicas": available.ready,
                "availableReplicas": available.available,
                "observedGeneration": replica_set["metadata"].get("generation"),
            }
        ),
    }
    return ReplicaSetDecision(
        create=min(max(missing, 0), LARGEST_BATCH),
        delete=tuple(pods.in_order_of_dispensability(active)[: max(-missing, 0)]),
        status=status,
        again=available.again,
    )


class ReplicaSets:
    name = "replica-sets"
    kinds = frozenset({REPLICA_SET, POD})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return own_and_owner(changed, REPLICA_SET)

    async def reconcile(self, key: ObjectKey) -> Outcome:
        replica_set = self._view.find(key)
        if replica_set is None or is_being_deleted(replica_set):
            return Settled()
        decision = decide_replica_set(replica_set, self._view.owned(replica_set, POD), self._view.now())
        template = replica_set["spec"].get("template") or {}
        for _ in range(decision.create):
            name = f"{name_of(replica_set)}-{self._view.suffix()}"
            await self._view.create(pods.from_template(replica_set, template, name), MANAGER)
        for pod in decision.delete:
            await self._view.delete(pod)
        await self._view.write_status(replica_set, decision.status, MANAGER)
        return Again(decision.again, "minReadySeconds") if decision.again else Settled()
