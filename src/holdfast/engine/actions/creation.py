"""Names and metadata of objects that actions create."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from holdfast.engine.actions.editing import at
from holdfast.model.kube import KubeObject, kind_of, name_of, namespace_of, uid_of

_LONGEST_NAME = 63  # a Job's name becomes a label of its pods


def child_name(parent: str, now: datetime) -> str:
    """The parent's name with the minute, cut where Kubernetes would refuse it."""
    suffix = now.astimezone(UTC).strftime("-%Y%m%d%H%M")
    return parent[: _LONGEST_NAME - len(suffix)].rstrip("-.") + suffix


def copied_metadata(template: KubeObject, *, name: str, namespace_from: KubeObject) -> dict[str, Any]:
    """Labels and annotations of a template, under a name and in the namespace of an object."""
    metadata: dict[str, Any] = {"name": name}
    if namespace_of(namespace_from):
        metadata["namespace"] = namespace_of(namespace_from)
    for field in ("labels", "annotations", "finalizers"):
        if found := at(template, "metadata", field):
            metadata[field] = found
    return metadata


def owner_reference(owner: KubeObject, *, controller: bool) -> dict[str, Any]:
    reference = {
        "apiVersion": str(owner.get("apiVersion") or ""),
        "kind": kind_of(owner),
        "name": name_of(owner),
        "uid": uid_of(owner),
    }
    return {**reference, "controller": True, "blockOwnerDeletion": True} if controller else reference
