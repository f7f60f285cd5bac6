"""Takes the ReplicaSets that a Rollout of the same selector left behind."""

from __future__ import annotations

import logging
from typing import Final

from holdfast.controllers.rollout import triggers
from holdfast.controllers.rollout.world import REPLICA_SET, ROLLOUT, SOON, World
from holdfast.engine.rollout import adoption
from holdfast.engine.rollout.draft import Seen
from holdfast.model.errors import NotFound, Waiting
from holdfast.model.kube import KubeObject, is_being_deleted, name_of, uid_of
from holdfast.model.rollout import Rollout

LOG: Final = logging.getLogger("holdfast.rollout")


async def adopt(world: World, seen: Seen) -> bool:
    """Whether there was something to take. Raises Waiting where another state is there than was read."""
    rollout = seen.rollout
    if seen.in_place is not None or seen.problem:
        return False
    left = world.store.indexed(triggers.NAMES, triggers.orphaned(rollout.metadata.namespace))
    orphans = [live for live in left if live.is_whole and adoption.is_to_be_taken(live.metadata, seen.selector)]
    if not orphans or not await _is_there(world, rollout):
        return False
    for live in orphans:
        await _take(world, rollout, live.decode())
    return True


async def _is_there(world: World, rollout: Rollout) -> bool:
    """As the server says: what is taken for a Rollout that has gone meanwhile goes with it."""
    metadata = rollout.metadata
    live = await world.cluster.get(world.resource(ROLLOUT), metadata.namespace, metadata.name)
    return live is not None and uid_of(live) == metadata.uid and not is_being_deleted(live)


async def _take(world: World, rollout: Rollout, obj: KubeObject) -> None:
    namespace, name = rollout.metadata.namespace, name_of(obj)
    try:
        await world.patch_as_read(REPLICA_SET, namespace, name, adoption.taken(obj, rollout.metadata))
    except NotFound as error:
        raise Waiting(SOON, "Changed", f"ReplicaSet {name} was changed meanwhile") from error
    LOG.info(
        "ReplicaSet %s/%s, which nobody controlled, is one of Rollout %s now", namespace, name, rollout.metadata.name
    )
