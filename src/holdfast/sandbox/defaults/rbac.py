"""Defaults of Roles and their bindings."""

from __future__ import annotations

from typing import Any, Final

from holdfast.model.keys import GroupKind

_GROUP: Final = "rbac.authorization.k8s.io"


def _role(obj: dict[str, Any]) -> None:
    if not obj.get("rules"):
        obj["rules"] = None


def _binding(obj: dict[str, Any]) -> None:
    if not obj.setdefault("roleRef", {}).get("apiGroup"):
        obj["roleRef"]["apiGroup"] = _GROUP
    for subject in obj.get("subjects") or ():
        if subject.get("kind") in ("User", "Group") and not subject.get("apiGroup"):
            subject["apiGroup"] = _GROUP


DEFAULTS: Final = {
    GroupKind(_GROUP, "Role"): _role,
    GroupKind(_GROUP, "ClusterRole"): _role,
    GroupKind(_GROUP, "RoleBinding"): _binding,
    GroupKind(_GROUP, "ClusterRoleBinding"): _binding,
}
