"""Takes the ReplicaSets that a Rollout of the same selector left behind."""

from __future__ import annotations

import logging
from typing import Any, Final

from holdfast.controllers.rollout import triggers
from holdfast.controllers.rollout.world import FIELD_MANAGER, REPLICA_SET, ROLLOUT, SOON, World
from holdfast.engine.rollout import adoption
from holdfast.engine.rollout.draft import Seen
from holdfast.model.errors import Conflict, NotFound, Waiting
from holdfast.model.kube import KubeObject, is_being_deleted, name_of, uid_of
from holdfast.model.rollout import Rollout
from holdfast.ports.cluster import PatchKind

LOG: Final = logging.getLogger("holdfast.rollout")


async def adopt(world: World, seen: Seen) -> bool:
    """Whether there was something to take. Raises Waiting where another state is there than was read."""
    rollout = seen.rollout
    if seen.in_place is not None or seen.problem:
        return False
    left = world.store.indexed(triggers.NAMES, triggers.orphaned(rollout.metadata.namespace))
    found = [live.decode() for live in left if live.is_whole]
    orphans = [obj for obj in found if adoption.is_to_be_taken(obj, seen.selector)]
    if not orphans or not await _is_there(world, rollout):
        return False
    for obj in orphans:
        await _take(world, rollout, obj)
    return True


async def _is_there(world: World, rollout: Rollout) -> bool:
    """As the server says: what is taken for a Rollout that has gone meanwhile goes with it."""
    metadata = rollout.metadata
    live = await world.cluster.get(world.resource(ROLLOUT), metadata.namespace, metadata.name)
    return live is not None and uid_of(live) == metadata.uid and not is_being_deleted(live)


async def _take(world: World, rollout: Rollout, obj: KubeObject) -> None:
    namespace, name = rollout.metadata.namespace, name_of(obj)
    body: dict[str, Any] = adoption.taken(obj, rollout.metadata)
    try:
        answer = await world.cluster.patch(
            world.resource(REPLICA_SET), namespace, name, body, PatchKind.MERGE, field_manager=FIELD_MANAGER
        )
    except (Conflict, NotFound) as error:
        raise Waiting(SOON, "Changed", f"ReplicaSet {name} was changed meanwhile") from error
    world.wrote(answer)
    LOG.info(
        "ReplicaSet %s/%s, which nobody controlled, is one of Rollout %s now", namespace, name, rollout.metadata.name
    )
