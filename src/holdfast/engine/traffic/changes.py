"""What a router's objects are called, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, owner_references_of
from holdfast.model.metadata import ObjectMeta
from holdfast.model.names import API_VERSION


class Reference(Struct, frozen=True, order=True):
    """An object that the Rollout names, or that its router makes (`is_ours`: may be absent)."""

    group_kind: GroupKind
    namespace: str
    name: str
    is_ours: bool = False


class Change(Struct, frozen=True):
    """Without `before` it is created, without `after` deleted. An object that stays as it is needs no change."""

    reference: Reference
    before: KubeObject | None
    after: KubeObject | None


class RoutingProblem(ValueError):
    """The objects are not as the Rollout says: a person must act."""


def there(reference: Reference, found: Mapping[Reference, KubeObject]) -> KubeObject:
    """Raises RoutingProblem where the object is absent."""
    obj = found.get(reference)
    if obj is None:
        raise RoutingProblem(f"{reference.group_kind.kind} {reference.namespace}/{reference.name} is not there")
    return obj


def owner_reference(owner: ObjectMeta) -> dict[str, Any]:
    """The object goes when the Rollout goes."""
    return {
        "apiVersion": API_VERSION,
        "kind": "Rollout",
        "name": owner.name,
        "uid": owner.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }


def owned_by(obj: KubeObject, owner: ObjectMeta) -> bool:
    return any(reference.get("uid") == owner.uid for reference in owner_references_of(obj))
