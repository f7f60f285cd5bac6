"""Which Rollouts a change of an object concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from holdfast.controllers.rollout.world import ROLLOUT, name_of
from holdfast.engine.rollout import group, validation
from holdfast.engine.traffic import routers
from holdfast.model.keys import GroupKind, NamespacedName
from holdfast.model.live import LiveObject
from holdfast.model.names import GROUP
from holdfast.model.rollout import Rollout
from holdfast.runtime.store import Store

NAMES = "names"
"""The index of the store by the objects that a Rollout names."""


GROUP_MEMBER = "release group"


def named(live: LiveObject) -> Iterable[str]:
    if live.group_kind != ROLLOUT or not live.raw:
        return ()
    try:
        rollout = msgspec.json.decode(live.raw, type=Rollout)
    except msgspec.ValidationError:
        return ()
    return tuple(_named(rollout))


def _named(rollout: Rollout) -> Iterator[str]:
    namespace = rollout.metadata.namespace
    for _, service in validation.service_names(rollout):
        yield _entry("Service", namespace, service)
    if group.name_of(rollout):
        yield _entry(GROUP_MEMBER, namespace, group.name_of(rollout))
    for reference in routers.references(rollout):
        yield _entry(reference.group_kind.kind, reference.namespace, reference.name)
    if rollout.spec.workload_ref is not None:
        yield _entry(rollout.spec.workload_ref.kind, namespace, rollout.spec.workload_ref.name)


def _entry(kind: str, namespace: str, name: str) -> str:
    return f"{kind}/{namespace}/{name}"


def _group_of(live: LiveObject) -> str:
    return (live.metadata.labels or {}).get(group.LABEL, "")


def concerned(store: Store, old: LiveObject | None, new: LiveObject | None) -> set[NamespacedName]:
    changed = new or old
    if changed is None or _is_unchanged(old, new):
        return set()
    if changed.group_kind == ROLLOUT:
        groups = [
            _entry(GROUP_MEMBER, live.metadata.namespace, _group_of(live)) for live in (old, new) if live is not None
        ]
        members = {name_of(live) for entry in groups for live in store.indexed(NAMES, entry)}
        return {name_of(changed)} | members
    metadata = changed.metadata
    found = {
        NamespacedName(metadata.namespace, owner.name)
        for owner in metadata.owner_references
        if owner.kind == "Rollout" and owner.api_version.startswith(f"{GROUP}/")
    }
    if changed.group_kind == GroupKind(GROUP, "ClusterAnalysisTemplate"):
        return found
    entry = _entry(changed.kind, metadata.namespace, metadata.name)
    return found | {name_of(live) for live in store.indexed(NAMES, entry)}


def _is_unchanged(old: LiveObject | None, new: LiveObject | None) -> bool:
    return old is not None and new is not None and old.metadata.resource_version == new.metadata.resource_version
