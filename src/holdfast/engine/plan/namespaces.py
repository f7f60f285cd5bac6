"""The namespace that a sync makes by itself (sync option CreateNamespace)."""

from __future__ import annotations

from holdfast.model.application import SyncPolicy
from holdfast.model.kube import KubeObject


def namespace_object(policy: SyncPolicy | None, namespace: str, *, exists: bool) -> KubeObject | None:
    """None when there is nothing to do. It carries no tracking id, so that it is never pruned with the application."""
    if policy is None or not namespace or "CreateNamespace=true" not in policy.sync_options:
        return None
    managed = policy.managed_namespace_metadata
    if exists and managed is None:
        return None
    metadata: dict[str, object] = {"name": namespace}
    if managed is not None and managed.labels:
        metadata["labels"] = dict(managed.labels)
    if managed is not None and managed.annotations:
        metadata["annotations"] = dict(managed.annotations)
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}
