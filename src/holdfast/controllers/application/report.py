"""Writes down what was found: one patch of the status, and only when something changed."""

from __future__ import annotations

from typing import Any

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
    lifted = holding.is_passed(app, found.revision if found.compared else "")
    gone = [mark.value for mark, is_gone in ((Annotation.REFRESH, refreshed), (Annotation.HOLD, lifted)) if is_gone]
    if gone:
        body["metadata"] = {"annotations": dict.fromkeys(gone)}
    if not body:
        return app
    written = await world.patch_application(app, body)
    if lifted:
        held = app.metadata.annotations[Annotation.HOLD]
        message = f"Lifted the hold of {held}: Git is at {found.revision}"
        await events.emit(world, written, events.Reason.RESOURCE_UPDATED, message)
    await _tell(world, written, app.status, after)
    return written


async def _tell(world: World, app: Application, before: ApplicationStatus, after: ApplicationStatus) -> None:
    if before.sync.status != after.sync.status:
        message = f"Updated sync status: {before.sync.status or '(none)'} -> {after.sync.status}"
        warning = after.sync.status == SyncCode.UNKNOWN
        await events.emit(world, app, events.Reason.RESOURCE_UPDATED, message, warning=warning)
    if before.health.status != after.health.status:
        message = f"Updated health status: {before.health.status or '(none)'} -> {after.health.status}"
        warning = after.health.status == Health.DEGRADED
        await events.emit(world, app, events.Reason.RESOURCE_UPDATED, message, warning=warning)


async def write_status(world: World, app: Application, after: ApplicationStatus, *, taken: bool = False) -> Application:
    """The status as given; `taken` removes the operation that was asked for in the same write."""
    body: dict[str, Any] = patch.status_patch(app.status, after) or {}
    if taken and app.operation is not None:
        body["operation"] = None
    return await world.patch_application(app, body) if body else app
