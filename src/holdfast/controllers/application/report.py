"""Writes down what was found: one patch of the status, and only when something changed."""

from __future__ import annotations

from typing import Any

import msgspec

from holdfast.controllers.application import events
from holdfast.controllers.application.world import World
from holdfast.engine.status import compose, holding, patch
from holdfast.model.application import Application, ApplicationStatus
from holdfast.model.health import Health
from holdfast.model.names import Annotation, SyncCode


async def report(world: World, app: Application, found: compose.Findings) -> Application:
    """Answers the Application as it now is. The refresh annotation is taken off, and a hold
    that Git has moved past: they have had their effect."""
    refreshed = Annotation.REFRESH in app.metadata.annotations
    after = compose.new_status(app, found, world.stamp(), refreshed=refreshed)
    body: dict[str, Any] = patch.status_patch(app.status, after) or {}
    gone = marks_to_lift(app, found)
    if gone:
        body["metadata"] = {"annotations": {mark.value: None for mark in gone}}
    if not body:
        return app
    written = await world.patch_application(app, body)
    if Annotation.HOLD in gone:
        held = app.metadata.annotations[Annotation.HOLD]
        message = f"Lifted the hold of {held}: Git is at {found.shown_revision}"
        events.emit(world, written, events.Reason.RESOURCE_UPDATED, message)
    tell(world, written, app.status, after)
    return written


def marks_to_lift(app: Application, found: compose.Findings) -> tuple[Annotation, ...]:
    """The annotations that have had their effect."""
    passed = holding.is_passed(app, found.shown_revision if found.compared else "")
    refreshed = Annotation.REFRESH in app.metadata.annotations
    return (*((Annotation.REFRESH,) if refreshed else ()), *((Annotation.HOLD,) if passed else ()))


def found_only(world: World, app: Application, found: compose.Findings) -> Application:
    """The Application as `report` would write it, for who is about to write more."""
    return msgspec.structs.replace(app, status=compose.new_status(app, found, world.stamp()))


def tell(world: World, app: Application, before: ApplicationStatus, after: ApplicationStatus) -> None:
    """One event for what changed at once."""
    said = []
    if before.sync.status != after.sync.status:
        said.append(f"Updated sync status: {before.sync.status or '(none)'} -> {after.sync.status}")
    if before.health.status != after.health.status:
        said.append(f"Updated health status: {before.health.status or '(none)'} -> {after.health.status}")
    if said:
        lost = after.sync.status == SyncCode.UNKNOWN and before.sync.status != after.sync.status
        ill = after.health.status == Health.DEGRADED and before.health.status != after.health.status
        events.emit(world, app, events.Reason.RESOURCE_UPDATED, "; ".join(said), warning=lost or ill)


async def write_status(world: World, app: Application, after: ApplicationStatus, *, taken: bool = False) -> Application:
    """The status as given; `taken` removes the operation that was asked for in the same write."""
    body: dict[str, Any] = patch.status_patch(app.status, after) or {}
    if taken and app.operation is not None:
        body["operation"] = None
    return await world.patch_application(app, body) if body else app
