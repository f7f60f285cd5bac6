"""Heals drift from what a rollback has deployed, while the revision that Git names is held off."""

from __future__ import annotations

import logging

import msgspec

from holdfast.controllers.application import observe
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import held, spec
from holdfast.engine.status import automation, compose
from holdfast.model.application import Application
from holdfast.model.errors import Blocked, Transient

log = logging.getLogger("holdfast.application")


async def while_held(
    world: World, app: Application, found: compose.Findings, decision: automation.Decision
) -> automation.Decision:
    """The decision, or the sync that heals; what cannot be rendered any more cannot be healed."""
    pinned = held.kept_at(app, found.shown_revision)
    if pinned is None or app.operation is not None:
        return decision
    try:
        desired = await observe.desired_at(world, app, pinned)
    except (Blocked, Transient) as trouble:
        log.warning("%s: drift from %s is not healed: %s", app.metadata.key, pinned.text, trouble.message)
        return decision
    states = flow.compared(app, desired.targets, desired.live, desired.predictions, desired.ignored)
    healing = held.healing(app, pinned, states, world.now(), world.project(spec.project_of(app)))
    if isinstance(healing, automation.Start) or isinstance(decision, automation.Start):
        return healing
    return msgspec.structs.replace(decision, after=healing.after or decision.after)
