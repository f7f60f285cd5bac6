"""Who holds the replicas of an object once they are written through its scale."""

from __future__ import annotations

from typing import Any

from holdfast.engine.kube import managed_fields
from holdfast.engine.kube.canonical import get_path
from holdfast.engine.kube.path_elements import fields
from holdfast.model.kube import KubeObject
from holdfast.sandbox.registry import ServedType

_BUILTIN_PATH = ("spec", "replicas")


def settled(served: ServedType, before: KubeObject, tracked: KubeObject, manager: str) -> KubeObject:
    """`tracked` without the scaler's entry where the server makes none.

    To the server a scale is an object of its own, with the owners that the replicas have: without any it is not tracked
    at all, and replicas of 0 are left out of it, so nobody holds them.
    """
    path = served.scale.spec_replicas if served.scale is not None else _BUILTIN_PATH
    if managed_fields.owners_of(before, fields(*path)) and get_path(tracked, *path):
        return tracked
    kept = [each for each in tracked["metadata"].get("managedFields") or () if not _is_scalers(each, manager)]
    metadata = {key: value for key, value in tracked["metadata"].items() if key != "managedFields"}
    return {**tracked, "metadata": {**metadata, "managedFields": kept} if kept else metadata}


def _is_scalers(entry: dict[str, Any], manager: str) -> bool:
    return entry.get("subresource") == "scale" and entry.get("manager") == manager
