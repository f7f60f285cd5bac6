"""Runs the hooks before and after an Application's objects are deleted."""

from __future__ import annotations

from datetime import UTC, datetime

from holdfast.controllers.application import act, left_hooks, observe, sources
from holdfast.controllers.application.removal import remove
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import spec
from holdfast.engine.plan import deletion_hooks, results
from holdfast.engine.plan.machine import Apply, Finished, Remove, Wait
from holdfast.engine.plan.tasks import SyncTask
from holdfast.engine.status import times
from holdfast.model.application import Application
from holdfast.model.desired import Targets
from holdfast.model.errors import Blocked
from holdfast.model.names import HookPhase, OperationPhase
from holdfast.model.pinned import Pinned
from holdfast.ports.cluster import Propagation

MOST_STEPS = 100
REVISION_NOT_FOUND = "RevisionNotFound"


async def keep_finalizers(world: World, app: Application, targets: Targets) -> Application:
    """An application with such hooks must not be gone before they have run."""
    known = {name.value for names in deletion_hooks.FINALIZERS.values() for name in names}
    wanted = deletion_hooks.finalizers_of(targets)
    present = app.metadata.finalizers
    if known & set(present) == wanted:
        return app
    kept = [name for name in present if name not in known or name in wanted]
    kept += sorted(wanted - set(present))
    return await world.patch_application(app, {"metadata": {"finalizers": kept or None}})


async def run(world: World, app: Application, phase: HookPhase) -> str:
    """Answers what is waited for, "" when all have ended. Raises Blocked when they cannot run, or one has failed."""
    tasks = await _tasks(world, app, phase)
    actor = _actor(world, app)
    for _ in range(MOST_STEPS):
        live = await observe.live_objects(world, app, [task.key for task in tasks])
        match deletion_hooks.next_step(tasks, left_hooks.states(world, app, live)):
            case Finished(OperationPhase.SUCCEEDED, _):
                return ""
            case Finished(_, message):
                raise Blocked("HookFailed", message)
            case Wait(message):
                return message
            case Remove(objects):
                for obj in objects:
                    await remove(actor, obj, Propagation.BACKGROUND)
            case Apply(todo):
                done = await act.perform(actor, todo, act.Manner(flow.sync_options_of(app)))
                if done.trouble is not None:
                    raise done.trouble
                for result in done.results:
                    if results.has_failed(result):
                        raise Blocked("HookRefused", f"{phase} hook {result.kind} {result.name}: {result.message}")
    return f"the {phase} hooks go on"


async def clean_up(world: World, app: Application, phase: HookPhase) -> None:
    instance = flow.instance_of(app, world.namespace)
    owned = [obj.decode() for obj in world.view.owned_by(instance) if obj.is_whole]
    actor = _actor(world, app)
    for obj in deletion_hooks.to_clean_up(owned, phase, _deletion(app), instance):
        await remove(actor, obj, Propagation.BACKGROUND)


def _actor(world: World, app: Application) -> World:
    return world.acting_as(world.impersonated(app, world.project(spec.project_of(app))))


async def _tasks(world: World, app: Application, phase: HookPhase) -> tuple[SyncTask, ...]:
    """The hooks of the commit that was compared last; they are rendered anew."""
    wanted = spec.sources_of(app)
    if not wanted:
        raise Blocked("InvalidSpecError", "spec.source is missing")
    compared = app.status.sync.revisions if app.spec.sources else (app.status.sync.revision,)
    if len(compared) == len(wanted) and all(compared):
        pinned = Pinned(wanted, compared, several=bool(app.spec.sources))
    else:
        pinned = await _newest(world, app)
    try:
        targets, _ = await observe.targets_at(world, app, pinned)
    except Blocked as gone:
        if gone.reason != REVISION_NOT_FOUND:
            raise
        # History was rewritten since: without the newest commit the application could never go.
        pinned = await _newest(world, app)
        targets, _ = await observe.targets_at(world, app, pinned)
    return deletion_hooks.tasks_of(targets, phase, pinned.revisions[0], _deletion(app))


async def _newest(world: World, app: Application) -> Pinned:
    wanted = spec.sources_of(app)
    return await sources.resolve(world, app, wanted, [""] * len(wanted), several=bool(app.spec.sources))


def _deletion(app: Application) -> datetime:
    return times.parse(app.metadata.deletion_timestamp) or datetime.fromtimestamp(0, UTC)
