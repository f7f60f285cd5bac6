"""Which applications a change of an object concerns."""

from __future__ import annotations

from collections.abc import Iterator

from holdfast.controllers.application import gates
from holdfast.controllers.application.access import KNOWN_HOSTS, TLS_CERTIFICATES
from holdfast.controllers.application.ignored_updates import is_ignored
from holdfast.controllers.application.live_view import instance_of
from holdfast.controllers.application.parameters import PARAMETERS_MAP
from holdfast.controllers.application.signatures import KEYS_MAP
from holdfast.controllers.application.world import World
from holdfast.engine.plan import tracking
from holdfast.model.keys import NamespacedName
from holdfast.model.live import LiveObject
from holdfast.model.names import Label
from holdfast.model.resource_types import APP_PROJECT, APPLICATION, CONFIG_MAP, SECRET

SETTINGS_MAPS = frozenset({"argocd-cm", PARAMETERS_MAP, KNOWN_HOSTS, TLS_CERTIFICATES, KEYS_MAP})
GENERATIONS = 10


def concerned(world: World, old: LiveObject | None, new: LiveObject | None) -> set[NamespacedName]:
    changed = new or old
    if changed is None or _is_unchanged(old, new):
        return set()
    if _concerns_all(world, changed):  # asked first: a rule for ConfigMaps must not hide a change of argocd-cm
        return {_name(app) for app in world.in_control_namespace(APPLICATION.group_kind)}
    if is_ignored(world, old, new):
        return set()
    found = set(_owners(world, old)) | set(_owners(world, new))
    if changed.group_kind == APPLICATION.group_kind and changed.metadata.namespace == world.namespace:
        found.add(_name(changed))
    found.update(_gated(world, old, new))
    wanting = world.wanted.app_that_wants(changed.key)
    return found | ({wanting} if wanting is not None else set())


def _is_unchanged(old: LiveObject | None, new: LiveObject | None) -> bool:
    """A list after a broken watch repeats what is known."""
    return old is not None and new is not None and old.metadata.resource_version == new.metadata.resource_version


def _concerns_all(world: World, changed: LiveObject) -> bool:
    """Projects, freezes, repository credentials and settings."""
    if changed.metadata.namespace != world.namespace:
        return False
    if changed.group_kind == SECRET.group_kind:
        return Label.SECRET_TYPE in (changed.metadata.labels or {})
    return changed.group_kind in (APP_PROJECT.group_kind, gates.FREEZE) or (
        changed.group_kind == CONFIG_MAP.group_kind and changed.metadata.name in SETTINGS_MAPS
    )


def _gated(world: World, old: LiveObject | None, new: LiveObject | None) -> Iterator[NamespacedName]:
    """The applications for which a gate may open or shut."""
    changed = new or old
    if changed is None:
        return
    if changed.group_kind == gates.APPROVAL:
        yield from (gates.approved(obj) for obj in (old, new) if obj is not None and obj.is_whole)
    if changed.group_kind != APPLICATION.group_kind:
        return
    value = str(_name(changed))
    if (gates.before(old) if old else ()) != (gates.before(new) if new else ()):
        value = gates.ANY  # a circle may have closed or opened, whoever is part of it
    for obj in world.store.indexed(gates.CONCERNED, value):
        if obj.group_kind == APPLICATION.group_kind:
            yield _name(obj)


def _owners(world: World, obj: LiveObject | None) -> Iterator[NamespacedName]:
    """The applications that own the object or one of its ancestors."""
    seen: set[str] = set()
    generation = [obj] if obj is not None else []
    for _ in range(GENERATIONS):
        parents: list[LiveObject] = []
        for member in generation:
            for instance in instance_of(member):
                yield NamespacedName(*tracking.parse_instance_name(instance, world.namespace))
            for reference in member.metadata.owner_references:
                parent = world.store.by_uid(reference.uid)
                if parent is not None and reference.uid not in seen:
                    seen.add(reference.uid)
                    parents.append(parent)
        generation = parents


def _name(app: LiveObject) -> NamespacedName:
    return NamespacedName(app.metadata.namespace, app.metadata.name)
