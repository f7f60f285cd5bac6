"""The Rollouts that are released together with one."""

from __future__ import annotations

import msgspec

from holdfast.controllers.rollout.world import ROLLOUT, World
from holdfast.engine.rollout import group
from holdfast.model.rollout import Rollout


def of_group(world: World, rollout: Rollout) -> tuple[Rollout, ...]:
    """One that cannot be read takes part in nothing."""
    name = group.name_of(rollout)
    if not name:
        return ()
    found = []
    for live in world.store.of_kind(ROLLOUT, rollout.metadata.namespace):
        if (live.metadata.labels or {}).get(group.LABEL) == name and live.is_whole:
            try:
                found.append(live.read_as(Rollout))
            except msgspec.ValidationError:
                continue
    return group.members(rollout, found)
