"""Makes of rendered manifests the objects that the application wants on its cluster."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec
from msgspec import Struct

from holdfast.engine.kube import canonical
from holdfast.engine.plan import hooks, options, served, tracking
from holdfast.model.application import ApplicationCondition
from holdfast.model.desired import Target, Targets
from holdfast.model.discovery import Discovery, ResourceType
from holdfast.model.keys import GroupKind, ObjectKey
from holdfast.model.kube import KubeObject, group_kind_of, name_of, namespace_of, version_of
from holdfast.model.names import ConditionType
from holdfast.model.rendering import Doubled
from holdfast.model.resource_types import CUSTOM_RESOURCE_DEFINITION

PLACES: Final = 3
"""How many notes a condition holds of one object."""

Objection = Callable[[ObjectKey, bool], str]
"""Why the project does not permit the object (its key, whether it is namespaced); "" when it does."""


class Frame(Struct, frozen=True):
    """What makes manifests complete: the instance name for tracking, the destination, the cluster, the rules."""

    instance: str
    namespace: str
    discovery: Discovery
    objection: Objection
    sync_options: tuple[str, ...] = ()


def target_objects(rendered: Iterable[KubeObject], frame: Frame) -> Targets:
    """Every object once: of those with the same key the last one counts, and a condition says so."""
    manifests = list(rendered)
    defined = {kind: namespaced for kind, namespaced in map(_definition, manifests) if kind is not None}
    objects: dict[ObjectKey, Target] = {}
    found_hooks: list[Target] = []
    skipped: set[ObjectKey] = set()
    times: Counter[ObjectKey] = Counter()
    for obj in manifests:
        target = _target(obj, frame, defined)
        if hooks.is_skipped(obj):
            skipped.add(target.key)
            continue
        if hooks.is_hook(obj):
            found_hooks.append(target)
            continue
        times[target.key] += 1
        objects[target.key] = target
    repeated = tuple(key for key, count in sorted(times.items()) if count > 1)
    conditions = tuple(
        ApplicationCondition(
            type=ConditionType.REPEATED_RESOURCE_WARNING,
            message=f"Resource {_place(key)} appeared {times[key]} times among application resources.",
        )
        for key in repeated
    )
    ordered = tuple(objects[key] for key in sorted(objects))
    return Targets(ordered, tuple(found_hooks), frozenset(skipped), conditions, repeated)


def with_places(found: Targets, doubled: Iterable[Doubled], namespace: str) -> Targets:
    """The conditions of repeated objects say where the render found them; `namespace` is the destination's."""
    notes: dict[ObjectKey, list[str]] = {key: [] for key in found.repeated}
    for one in doubled:
        placed = msgspec.structs.replace(one.key, namespace=one.key.namespace or namespace)
        for key in (placed, msgspec.structs.replace(placed, namespace="")):
            if key in notes:
                notes[key].append(one.note)
    conditions = tuple(
        msgspec.structs.replace(condition, message=" ".join((condition.message, *dict.fromkeys(notes[key][:PLACES]))))
        for key, condition in zip(found.repeated, found.conditions, strict=True)
    )
    told = frozenset(note for listed in notes.values() for note in listed)
    return msgspec.structs.replace(found, conditions=conditions, told=told)


def _target(obj: KubeObject, frame: Frame, defined: Mapping[GroupKind, bool]) -> Target:
    group_kind = group_kind_of(obj)
    resource = frame.discovery.find(group_kind, version_of(obj))
    known = resource or frame.discovery.find(group_kind)
    namespaced = known.namespaced if known is not None else defined.get(group_kind, True)
    placed = _placed(obj, namespaced, frame.namespace)
    key = ObjectKey(group_kind.group, group_kind.kind, namespace_of(placed), name_of(placed))
    waits = resource is None and (
        group_kind in defined or options.chosen("SkipDryRunOnMissingResource", frame.sync_options, obj)
    )
    return Target(
        obj=tracking.tracked(placed, frame.instance, key, frame.namespace),
        key=key,
        resource=resource,
        problem=_problem(placed, key, resource, frame, namespaced=namespaced, waits=waits),
        waits_for_definition=waits,
    )


def _placed(obj: KubeObject, namespaced: bool, namespace: str) -> KubeObject:
    """A namespaced object without a namespace goes to the destination's; one of a cluster-wide kind has none."""
    if not namespaced:
        return canonical.without(obj, ("metadata", "namespace"))
    if namespace_of(obj) or not namespace:
        return obj
    return canonical.with_path(obj, namespace, "metadata", "namespace")


def _problem(
    obj: KubeObject, key: ObjectKey, resource: ResourceType | None, frame: Frame, *, namespaced: bool, waits: bool
) -> str:
    if not key.name and not hooks.is_hook(obj):
        return f"{key.group_kind} has no metadata.name"
    if namespaced and not key.namespace:
        return f"{key.group_kind} {key.name} is namespaced, and neither it nor the destination names a namespace"
    objection = frame.objection(key, namespaced)
    if objection or resource is not None or waits:
        return objection
    return served.objection(frame.discovery, key, version_of(obj))


def _definition(obj: KubeObject) -> tuple[GroupKind | None, bool]:
    """The kind that a CustomResourceDefinition defines, and whether it is namespaced."""
    if group_kind_of(obj) != CUSTOM_RESOURCE_DEFINITION.group_kind:
        return None, False
    spec = obj.get("spec")
    kind = canonical.get_path(spec, "names", "kind")
    group = canonical.get_path(spec, "group")
    return GroupKind(str(group or ""), str(kind)), canonical.get_path(spec, "scope") != "Cluster"


def defines(obj: KubeObject, kinds: Iterable[GroupKind]) -> bool:
    """The object is the definition of one of the kinds."""
    return _definition(obj)[0] in set(kinds)


def _place(key: ObjectKey) -> str:
    return f"{key.group}/{key.kind}/{key.namespace}/{key.name}"


def shared_resource_conditions(
    targets: Iterable[Target], owner_of: Callable[[ObjectKey], str], instance: str
) -> tuple[ApplicationCondition, ...]:
    """One warning for each object that another application already owns."""
    return tuple(
        ApplicationCondition(
            type=ConditionType.SHARED_RESOURCE_WARNING,
            message=f"{target.key.kind}/{target.key.name} is part of applications {instance} and {owner}",
        )
        for target in targets
        if (owner := owner_of(target.key)) not in ("", instance)
    )
