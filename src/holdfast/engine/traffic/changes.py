"""What a router's objects are called, and what becomes of them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject


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
