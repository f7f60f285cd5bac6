"""Objects of others as plain dicts, and the accessors that read them. They are never changed in place."""

from __future__ import annotations

from typing import Any, TypeAlias

from holdfast.model.keys import GroupKind, ObjectKey

KubeObject: TypeAlias = dict[str, Any]
"""A manifest or a live object, exactly as Kubernetes sends it. Treat it as read-only: copy before changing."""


def group_of(obj: KubeObject) -> str:
    """The API group, "" for the core group."""
    group, _, version = str(obj.get("apiVersion") or "").rpartition("/")
    return group if version else ""


def version_of(obj: KubeObject) -> str:
    return str(obj.get("apiVersion") or "").rpartition("/")[2]


def kind_of(obj: KubeObject) -> str:
    return str(obj.get("kind") or "")


def group_kind_of(obj: KubeObject) -> GroupKind:
    return GroupKind(group_of(obj), kind_of(obj))


def metadata_of(obj: KubeObject) -> dict[str, Any]:
    metadata = obj.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def name_of(obj: KubeObject) -> str:
    return str(metadata_of(obj).get("name") or "")


def namespace_of(obj: KubeObject) -> str:
    return str(metadata_of(obj).get("namespace") or "")


def uid_of(obj: KubeObject) -> str:
    return str(metadata_of(obj).get("uid") or "")


def resource_version_of(obj: KubeObject) -> str:
    return str(metadata_of(obj).get("resourceVersion") or "")


def labels_of(obj: KubeObject) -> dict[str, str]:
    return metadata_of(obj).get("labels") or {}


def annotations_of(obj: KubeObject) -> dict[str, str]:
    return metadata_of(obj).get("annotations") or {}


def finalizers_of(obj: KubeObject) -> list[str]:
    return metadata_of(obj).get("finalizers") or []


def owner_references_of(obj: KubeObject) -> list[dict[str, Any]]:
    return metadata_of(obj).get("ownerReferences") or []


def is_being_deleted(obj: KubeObject) -> bool:
    return bool(metadata_of(obj).get("deletionTimestamp"))


def key_of(obj: KubeObject) -> ObjectKey:
    return ObjectKey(group_of(obj), kind_of(obj), namespace_of(obj), name_of(obj))


def conditions_of(obj: KubeObject) -> list[dict[str, Any]]:
    status = obj.get("status")
    conditions = status.get("conditions") if isinstance(status, dict) else None
    return conditions if isinstance(conditions, list) else []
