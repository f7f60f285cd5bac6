"""Says of each SecretStore and ClusterSecretStore that it can be reached.

Source: https://external-secrets.io/latest/api/clustersecretstore/
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from holdfast.engine.lang import instants
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, is_being_deleted
from holdfast.model.live import LiveObject
from holdfast.runtime.outcome import Outcome, Settled
from holdfast.sandbox.simulators.view import ClusterView

SECRET_STORE = GroupKind("external-secrets.io", "SecretStore")
CLUSTER_SECRET_STORE = GroupKind("external-secrets.io", "ClusterSecretStore")

MANAGER = "external-secrets"


def decide_secret_store(store: KubeObject, now: datetime) -> dict[str, Any]:
    """The status as it should be."""
    status = dict(store.get("status") or {})
    conditions = status.get("conditions") or []
    if any(each.get("type") == "Ready" and each.get("status") == "True" for each in conditions):
        return status
    ready = {
        "type": "Ready",
        "status": "True",
        "reason": "Valid",
        "message": "store validated",
        "lastTransitionTime": instants.stamp(now),
    }
    return {**status, "capabilities": "ReadOnly", "conditions": [ready]}


class SecretStores:
    name = "secret-stores"
    kinds = frozenset({SECRET_STORE, CLUSTER_SECRET_STORE})

    def __init__(self, view: ClusterView) -> None:
        self._view = view

    def concerned(self, changed: LiveObject) -> Iterable[ObjectKey]:
        return [changed.key]

    async def reconcile(self, key: ObjectKey) -> Outcome:
        found = self._view.find(key)
        if found is not None and not is_being_deleted(found):
            await self._view.write_status(found, decide_secret_store(found, self._view.now()), MANAGER)
        return Settled()
