"""Deletes an object as it was judged: not one that took its name since, nor one that another application owns by now."""

from __future__ import annotations

from holdfast.controllers.application.refusals import is_contention
from holdfast.controllers.application.world import World
from holdfast.engine.plan import tracking
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import Conflict, NotFound
from holdfast.model.kube import (
    KubeObject,
    annotations_of,
    group_kind_of,
    key_of,
    name_of,
    namespace_of,
    resource_version_of,
    uid_of,
    version_of,
)
from holdfast.ports.cluster import Propagation

# A busy controller writes its object's status between our look and our deletion; it does so a few times at most.
TRIES = 5


async def remove(world: World, live: KubeObject, how: Propagation, *, resource: ResourceType | None = None) -> str:
    """Answers the application that owns the object by now and therefore keeps it, "" when it goes.

    Between the look and the deletion a commit can hand the object over: its new owner's sync then only changes the
    tracking id. The deletion names the version that was looked at; a newer one is looked at again.
    Raises Conflict when the object is changed faster than it can be looked at.
    """
    resource = resource or world.resource(group_kind_of(live), version_of(live))
    if resource is None:
        return ""
    uid, owner = uid_of(live), _owner(live)
    for last in (number == TRIES for number in range(1, TRIES + 1)):
        try:
            await world.cluster.delete(
                resource,
                namespace_of(live),
                name_of(live),
                propagation=how,
                uid=uid,
                resource_version=resource_version_of(live),
            )
        except NotFound:
            break
        except Conflict as error:
            if last or is_contention(error):
                raise
            seen = await world.cluster.get(resource, namespace_of(live), name_of(live))
            if seen is None or uid_of(seen) != uid:
                return ""
            if _owner(seen) != owner:
                world.view.wrote(seen)
                return _owner(seen) or "nobody"
            live = seen
        else:
            break
    world.view.deleted(key_of(live), uid)
    return ""


def _owner(live: KubeObject) -> str:
    return tracking.owner_instance(key_of(live), annotations_of(live))
