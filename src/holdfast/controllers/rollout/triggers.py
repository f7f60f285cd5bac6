"""Which Rollouts a change of an object concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from holdfast.controllers.rollout.world import (
    ANALYSIS_RUN,
    ANALYSIS_TEMPLATE,
    CLUSTER_ANALYSIS_TEMPLATE,
    EXPERIMENT,
    REPLICA_SET,
    ROLLOUT,
    SERVICE,
    name_of,
)
from holdfast.engine.analysis.template_walk import named_in
from holdfast.engine.rollout import adoption, analysis_places, group, validation
from holdfast.engine.rollout.replica_sets import MANAGED_BY
from holdfast.engine.traffic import routers
from holdfast.model.keys import NamespacedName
from holdfast.model.live import LiveObject
from holdfast.model.names import GROUP
from holdfast.model.rollout import Rollout
from holdfast.runtime.store import Store

NAMES = "names"
"""The index of the store by the objects that a Rollout names."""


GROUP_MEMBER = "release group"


ANYWHERE = "*"
"""A ClusterAnalysisTemplate names templates of whichever namespace its Rollout is in."""


def named(live: LiveObject) -> Iterable[str]:
    if live.group_kind in (ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE) and live.is_whole:
        return tuple(_named_by_template(live))
    if live.group_kind == SERVICE:
        return tuple(_managers(live))
    if live.group_kind == REPLICA_SET:
        return (orphaned(live.metadata.namespace),) if adoption.is_orphan(live.metadata) else ()
    if live.group_kind in (ANALYSIS_RUN, EXPERIMENT):
        return () if live.metadata.is_controlled else (uncontrolled(live.metadata.namespace),)
    if live.group_kind != ROLLOUT or not live.is_whole:
        return ()
    try:
        rollout = live.read_as(Rollout)
    except msgspec.ValidationError:
        return ()
    return tuple(_named(rollout))


def managed_by(namespace: str, rollout: str) -> str:
    """The entry of the Services that a Rollout leads to its pods."""
    return _entry("managed by", namespace, rollout)


def orphaned(namespace: str) -> str:
    """The entry of the ReplicaSets that a Rollout left behind."""
    return _entry("orphans", namespace, "")


def uncontrolled(namespace: str) -> str:
    """The entry of the AnalysisRuns and Experiments that are a person's, or were left behind."""
    return _entry("uncontrolled", namespace, "")


def _managers(live: LiveObject) -> Iterator[str]:
    manager = (live.metadata.annotations or {}).get(MANAGED_BY)
    if manager:
        yield managed_by(live.metadata.namespace, manager)


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

    for place in analysis_places.of(rollout):
        for wanted in place.analysis.templates:
            yield _template_entry(wanted.cluster_scope, namespace, wanted.template_name)


def _named_by_template(live: LiveObject) -> Iterator[str]:
    namespace = live.metadata.namespace or ANYWHERE
    for inner in named_in(live.decode()):
        yield _template_entry(inner.cluster_scope, namespace, inner.template_name)


def _template_entry(cluster_scope: bool, namespace: str, name: str) -> str:
    kind = CLUSTER_ANALYSIS_TEMPLATE if cluster_scope else ANALYSIS_TEMPLATE
    return _entry(kind.kind, "" if cluster_scope else namespace, name)


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
        for live in (old, new)
        if live is not None
        for owner in live.metadata.owner_references
        if owner.kind == "Rollout" and owner.api_version.startswith(f"{GROUP}/")
    }
    if changed.group_kind == SERVICE and (manager := (metadata.annotations or {}).get(MANAGED_BY)):
        # Also one that is gone, and that nobody else would remember.
        found.add(NamespacedName(metadata.namespace, manager))
    if new is not None and new.group_kind == REPLICA_SET and adoption.is_orphan(new.metadata):
        found |= {name_of(live) for live in store.of_kind(ROLLOUT) if live.metadata.namespace == metadata.namespace}
    if changed.group_kind in (ANALYSIS_TEMPLATE, CLUSTER_ANALYSIS_TEMPLATE):
        return found | _measured_by(store, changed)
    entry = _entry(changed.kind, metadata.namespace, metadata.name)
    return found | {name_of(live) for live in store.indexed(NAMES, entry)}


def _measured_by(store: Store, template: LiveObject) -> set[NamespacedName]:
    """The Rollouts that name the template, or one that names it in turn."""
    found: set[NamespacedName] = set()
    known, waiting = {template.key}, [template]
    while waiting:
        metadata, kind = waiting[0].metadata, waiting.pop(0).kind
        places = dict.fromkeys((metadata.namespace, ANYWHERE if metadata.namespace else ""))
        for live in [live for place in places for live in store.indexed(NAMES, _entry(kind, place, metadata.name))]:
            if live.group_kind == ROLLOUT:
                found.add(name_of(live))
            elif live.key not in known:
                known.add(live.key)
                waiting.append(live)
    return found


def _is_unchanged(old: LiveObject | None, new: LiveObject | None) -> bool:
    return old is not None and new is not None and old.metadata.resource_version == new.metadata.resource_version
