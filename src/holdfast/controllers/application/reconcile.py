"""Brings the objects of one Application to what its source says.

Level-triggered: every run reads the whole state and never asks which event woke it.
"""

from __future__ import annotations

from datetime import timedelta

import msgspec

from holdfast.controllers.application import (
    deletion,
    deletion_hooks,
    gates,
    healing,
    ignored_updates,
    ledger,
    operate,
    shelves,
)
from holdfast.controllers.application.findings import findings
from holdfast.controllers.application.observe import Observed, observe
from holdfast.controllers.application.report import found_only, marks_to_lift, report
from holdfast.controllers.application.world import World
from holdfast.engine.access import orphans
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import gates as gates_flow
from holdfast.engine.flow import spec
from holdfast.engine.status import automation, compose, conditions, operation
from holdfast.model.application import Application, Operation
from holdfast.model.health import Health
from holdfast.model.keys import NamespacedName
from holdfast.model.names import Annotation, RefreshKind, SyncCode
from holdfast.model.pinned import Pinned
from holdfast.runtime.outcome import Again, Outcome, Settled
from holdfast.runtime.queue import NOW

LOOK_ANEW = timedelta(hours=1)


async def reconcile(world: World, key: NamespacedName) -> Outcome:
    world.at_rest.pop(key, None)
    app = world.application(key)
    if app is None:
        world.forget(key)
        return Settled()
    if app.metadata.deletion_timestamp:
        return await deletion.proceed(world, app)
    if app.metadata.annotations.get(Annotation.SKIP_RECONCILE) == "true":
        return Settled()
    refresh = app.metadata.annotations.get(Annotation.REFRESH)
    if refresh == RefreshKind.HARD:
        world.predictions.forget_all()
        world.failed_renders.forget(key)
    fresh = refresh is not None or key in world.asked_anew
    world.asked_anew.discard(key)
    observed = await observe(world, app, fresh=fresh)
    found = findings(world, app, observed)
    project = world.project(spec.project_of(app))
    decision = flow.automatic(app, found, world.now(), project)
    found = with_hold(found, decision)
    decision = await healing.while_held(world, app, found, decision)
    around = await gates.around(world, app, observed.desired.pinned if observed.desired is not None else Pinned())
    decision, held = gates_flow.gated(app, found, decision, around, world.now())
    found = msgspec.structs.replace(found, conditions=(*found.conditions, *held))
    if observed.desired is not None:
        app = await deletion_hooks.keep_finalizers(world, app, observed.desired.targets)
    before = app
    is_idle = not operation.is_in_progress(app.status.operation_state)
    asked = _asked(app, decision) if is_idle else None
    if asked is not None and not marks_to_lift(app, found):
        app = found_only(world, app, found)
    else:
        before = app = await report(world, app, found)
    if is_idle:
        await ledger.look(world, app, found)
        if asked is None:
            return await _next_look(world, app, observed, decision)
        app = await operate.begin(world, app, asked, observed, before=before)
    newer = flow.newer_commit(app, found, world.now(), project)
    if newer and gates_flow.holds(app, around, gates_flow.by_itself(newer), newer, world.now()):
        newer = ""
    came = await operate.proceed(world, app, observed, newer=newer)
    if came.pause is not None:
        return came.pause
    if came.found is None:
        return Again(NOW, because="the sync has ended")
    await ledger.look(world, came.app, came.found)
    return await _next_look(world, came.app, observed, automation.Hold("in sync"))


def _asked(app: Application, decision: automation.Decision) -> Operation | None:
    if app.operation is not None:
        return app.operation
    return decision.operation if isinstance(decision, automation.Start) else None


def with_hold(found: compose.Findings, decision: automation.Decision) -> compose.Findings:
    """Why the application does not sync by itself belongs to what people are told."""
    if isinstance(decision, automation.Start) or decision.condition is None:
        return found
    return msgspec.structs.replace(found, conditions=(*found.conditions, decision.condition))


async def _next_look(world: World, app: Application, observed: Observed, decision: automation.Decision) -> Outcome:
    """The watches and the polls of its repository wake an application that is as wished; the others are looked at with
    every poll, for what neither tells."""
    after, because = world.revisions.due_in(app.metadata.key, world.poll_seconds), "ask the repository again"
    pinned = observed.desired.pinned if observed.desired is not None else Pinned()
    if _is_as_wished(app) and _all_is_watched(world, app, observed) and not await shelves.is_untidy(world, app):
        after, because = LOOK_ANEW, "look at everything anew"
        due = world.values_read.due_in(app.metadata.key, world.poll_seconds)
        if due is not None:
            after, because = due, "read its values files again"
        world.at_rest[app.metadata.key] = pinned.revisions
    if isinstance(decision, automation.Hold) and decision.after is not None and decision.after < after:
        return Again(decision.after, because=decision.because)
    return Again(after, because=because)


def _is_as_wished(app: Application) -> bool:
    status = app.status
    return (
        status.sync.status == SyncCode.SYNCED
        and status.health.status != Health.UNKNOWN
        and not conditions.unsettled(status.conditions)
    )


def _all_is_watched(world: World, app: Application, observed: Observed) -> bool:
    """Whether a change of what the application looks at wakes it."""
    if observed.desired is None or observed.conditions:
        return False
    project = world.project(spec.project_of(app))
    if project is not None and orphans.are_watched(project):
        return False
    keys = [target.key for target in observed.desired.targets.objects]
    return all(world.is_watched(key.group_kind) and not ignored_updates.rules_for(world, key) for key in keys)
