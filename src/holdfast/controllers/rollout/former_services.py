"""Services that a Rollout led to its pods and does not any more: they get back the selector that they had without it.

Left alone, a Service would select the pods of a version that is gone, and belong to a Rollout that is gone.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import Any, Final

from holdfast.controllers.rollout import triggers
from holdfast.controllers.rollout.world import ROLLOUT, SERVICE, World
from holdfast.engine.rollout import validation
from holdfast.engine.rollout.replica_sets import MANAGED_BY
from holdfast.model.errors import NotFound, Waiting
from holdfast.model.keys import NamespacedName
from holdfast.model.live import LiveObject
from holdfast.model.names import HASH_LABEL
from holdfast.model.rollout import Rollout

LOG: Final = logging.getLogger("holdfast.rollout")


async def give_back(world: World, key: NamespacedName, rollout: Rollout | None) -> None:
    """`rollout` is one that is in order: of another one nobody knows which Services it means, and routers may still lead to
    those that it had. None is one that is gone."""
    kept = {name for _, name in validation.service_names(rollout)} if rollout is not None else set()
    managed = world.store.indexed(triggers.NAMES, triggers.managed_by(key.namespace, key.name))
    left = [live for live in managed if live.metadata.name not in kept]
    if left and (rollout is not None or await _is_gone(world, key)):
        for live in left:
            await _give_back(world, key, live)


async def _is_gone(world: World, key: NamespacedName) -> bool:
    """As the server says: what is not in the store may only not be seen. Where the kind is not served nobody knows."""
    try:
        return await world.cluster.get(world.resource(ROLLOUT), key.namespace, key.name) is None
    except Waiting:
        return False


async def _give_back(world: World, key: NamespacedName, service: LiveObject) -> None:
    name = service.metadata.name
    metadata = {"annotations": {MANAGED_BY: None}, "resourceVersion": service.metadata.resource_version}
    body: dict[str, Any] = {"metadata": metadata, "spec": {"selector": {HASH_LABEL: None}}}
    LOG.info("Service %s/%s is not led by Rollout %s any more", key.namespace, name, key.name)
    with suppress(NotFound):
        await world.patch_as_read(SERVICE, key.namespace, name, body)
