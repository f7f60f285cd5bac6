"""PersistentVolumeClaims as the server's own types are shown in messages: every field by its Go name, absent ones null."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from holdfast.model.kube import KubeObject

_CONTEXT = 3
_FILE_NAMES = 2  # lines of a unified diff; the server gives none


def templates(claims: Sequence[KubeObject]) -> list[dict[str, Any]]:
    """The claims of a StatefulSet."""
    return [_claim(claim) for claim in claims]


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """The unified diff of two specs."""
    old, new = (json.dumps(_spec(each), indent=1, ensure_ascii=False).splitlines() for each in (before, after))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=_CONTEXT))[_FILE_NAMES:]
    return "".join(f"{line}\n" for line in lines)


def _claim(claim: KubeObject) -> dict[str, Any]:
    status = claim.get("status") or {}
    return {
        **{key: value for key, value in (claim.get("metadata") or {}).items() if value not in (None, {}, [])},
        "Spec": _spec(claim.get("spec") or {}),
        "Status": {
            "Phase": status.get("phase") or "",
            "AccessModes": status.get("accessModes"),
            "Capacity": status.get("capacity"),
            "Conditions": status.get("conditions"),
            "AllocatedResources": status.get("allocatedResources"),
            "AllocatedResourceStatuses": status.get("allocatedResourceStatuses"),
            "CurrentVolumeAttributesClassName": status.get("currentVolumeAttributesClassName"),
            "ModifyVolumeStatus": status.get("modifyVolumeStatus"),
            "HealthStatus": status.get("healthStatus"),
        },
    }


def _spec(spec: Mapping[str, Any]) -> dict[str, Any]:
    resources = spec.get("resources") or {}
    return {
        "AccessModes": spec.get("accessModes"),
        "Selector": spec.get("selector"),
        "Resources": {"Limits": resources.get("limits"), "Requests": resources.get("requests")},
        "VolumeName": spec.get("volumeName") or "",
        "StorageClassName": spec.get("storageClassName"),
        "VolumeMode": spec.get("volumeMode"),
        "DataSource": _reference(spec.get("dataSource")),
        "DataSourceRef": _reference(spec.get("dataSourceRef"), "Namespace"),
        "VolumeAttributesClassName": spec.get("volumeAttributesClassName"),
    }


def _reference(reference: Mapping[str, Any] | None, *more: str) -> dict[str, Any] | None:
    if reference is None:
        return None
    shown = {"APIGroup": reference.get("apiGroup"), "Kind": reference.get("kind"), "Name": reference.get("name")}
    return {**shown, **{name: reference.get(name.lower()) for name in more}}
