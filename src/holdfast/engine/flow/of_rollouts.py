"""What Rollouts write into objects that come from Git: neither a difference nor taken away by a sync."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from holdfast.engine.rollout.in_place.kinds import KINDS
from holdfast.engine.rollout.replica_sets import MANAGED_BY
from holdfast.model.application import ResourceIgnoreDifferences
from holdfast.model.ignoring import Ignoring
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, annotations_of, group_kind_of, name_of, namespace_of
from holdfast.model.names import HASH_LABEL

# A Rollout chooses by this which pods a Service selects. A selector is applied as a whole, so that a sync would take it
# away, and send traffic to all pods at once, were it not left alone.
SERVICES: Final = (ResourceIgnoreDifferences(kind="Service", json_pointers=(f"/spec/selector/{HASH_LABEL}",)),)
STRATEGY: Final = "updateStrategy"


def is_released(obj: KubeObject) -> bool:
    return group_kind_of(obj) in _WORKLOADS and MANAGED_BY in annotations_of(obj)


def respected(ignored: Ignoring, live: Iterable[KubeObject]) -> Ignoring:
    """With the rules of the workloads whose pods a Rollout replaces."""
    found = tuple(_of_workload(obj) for obj in live if is_released(obj))
    return msgspec.structs.replace(ignored, rules=(*found, *ignored.rules)) if found else ignored


def without_strategy(target: KubeObject, present: KubeObject) -> KubeObject:
    """Nothing is applied where the Rollout writes: to apply the value that was read could undo its next move."""
    if not is_released(present) or STRATEGY not in (target.get("spec") or {}):
        return target
    return {**target, "spec": {key: value for key, value in target["spec"].items() if key != STRATEGY}}


def _of_workload(obj: KubeObject) -> ResourceIgnoreDifferences:
    found = group_kind_of(obj)
    return ResourceIgnoreDifferences(
        group=found.group,
        kind=found.kind,
        name=name_of(obj),
        namespace=namespace_of(obj),
        json_pointers=(f"/spec/{STRATEGY}",),
    )


_WORKLOADS: Final = frozenset(GroupKind("apps", kind) for kind in KINDS)
