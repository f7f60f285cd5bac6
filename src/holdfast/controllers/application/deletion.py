"""Takes an Application's objects with it when it is deleted, if its finalizer says so."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from holdfast.controllers.application import deletion_hooks, events, observe, report
from holdfast.controllers.application.removal import remove
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import spec
from holdfast.engine.plan import options, order, tracking
from holdfast.engine.plan.deletion_hooks import FINALIZERS
from holdfast.engine.status import conditions
from holdfast.model.application import Application
from holdfast.model.errors import ApiError, Blocked, Transient
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject, annotations_of, is_being_deleted, key_of, uid_of
from holdfast.model.names import ConditionType, Finalizer, HookPhase
from holdfast.ports.cluster import Propagation
from holdfast.runtime.outcome import Again, Outcome, Settled

LOOK_AGAIN = timedelta(seconds=5)
TRY_AGAIN = timedelta(seconds=30)

CASCADE = {
    Finalizer.RESOURCES.value: Propagation.FOREGROUND,
    Finalizer.RESOURCES_FOREGROUND.value: Propagation.FOREGROUND,
    Finalizer.RESOURCES_BACKGROUND.value: Propagation.BACKGROUND,
}
OURS = frozenset({*CASCADE, *(name.value for names in FINALIZERS.values() for name in names)})


async def proceed(world: World, app: Application) -> Outcome:
    """One stage after the other, each held by its finalizers: hooks before, objects, hooks after.

    Without hooks it needs no repository, no project and no rendering: what to delete is what carries the tracking id.
    """
    if not any(name in OURS for name in app.metadata.finalizers):
        return Settled()
    if not spec.is_in_cluster(app.spec.destination):
        return await _fail(world, app, "the objects are on a cluster that is not supported yet")
    try:
        app, waiting = await _through_hooks(world, app, HookPhase.PRE_DELETE)
        if not waiting:
            app, waiting = await _through_objects(world, app)
        if not waiting:
            app, waiting = await _through_hooks(world, app, HookPhase.POST_DELETE)
    except (Blocked, Transient) as error:
        await _fail(world, app, error.message)
        return Again(TRY_AGAIN, because=error.message)
    return Again(LOOK_AGAIN, because=waiting) if waiting else Settled()


async def _through_hooks(world: World, app: Application, phase: HookPhase) -> tuple[Application, str]:
    """Answers what is waited for, "" when the stage is through."""
    running, cleaning = FINALIZERS[phase]
    if running in app.metadata.finalizers:
        waiting = await deletion_hooks.run(world, app, phase)
        if waiting:
            return app, waiting
        app = await _without(world, app, running)
    if cleaning in app.metadata.finalizers:
        await deletion_hooks.clean_up(world, app, phase)
        app = await _without(world, app, cleaning)
    return app, ""


async def _through_objects(world: World, app: Application) -> tuple[Application, str]:
    asked = [CASCADE[name] for name in app.metadata.finalizers if name in CASCADE]
    if not asked:
        return app, ""
    waiting = await _delete_objects(world, app, asked[0])
    return (app, waiting) if waiting else (await _without(world, app, *CASCADE), "")


async def _without(world: World, app: Application, *finalizers: str) -> Application:
    kept = [name for name in app.metadata.finalizers if name not in finalizers]
    return await world.patch_application(app, {"metadata": {"finalizers": kept or None}})


async def _delete_objects(world: World, app: Application, how: Propagation) -> str:
    """The last wave first; answers what is waited for, "" when all are gone."""
    owned = await _owned(world, app)
    chosen = flow.sync_options_of(app)
    left = sorted((obj for obj in owned if not _stays(app, obj, chosen)), key=_order, reverse=True)
    if not left:
        return ""
    unapproved = [obj for obj in left if options.needs_confirmation(obj, chosen, ("Delete",))]
    if unapproved and not flow.is_approved_since(app, app.metadata.deletion_timestamp):
        return f"waiting for confirmation to delete {key_of(unapproved[0])}"
    wave = order.wave_of(left[0])
    current = [obj for obj in left if order.wave_of(obj) == wave]
    actor = world.acting_as(world.impersonated(app, world.project(spec.project_of(app))))
    for obj in current:
        if is_being_deleted(obj):
            continue
        try:
            await remove(actor, obj, how)
        except ApiError as error:
            await _fail(world, app, f"{key_of(obj)}: {error.message}")
            raise
        events.emit(world, app, events.Reason.RESOURCE_DELETED, f"Deleted {key_of(obj)}")
    return f"waiting for deletion of {key_of(current[0])}" + (f" and {len(left) - 1} more" if len(left) > 1 else "")


async def _owned(world: World, app: Application) -> list[KubeObject]:
    """What carries the tracking id. Of kinds that could not be listed yet, the server is asked for each recorded object: an
    object that nobody has seen is not gone."""
    instance = flow.instance_of(app, world.namespace)
    found = [obj.decode() for obj in world.view.owned_by(instance) if obj.is_whole]
    known = {key_of(obj) for obj in found}
    for row in app.status.resources:
        key = ObjectKey(row.group, row.kind, row.namespace, row.name)
        if key in known or world.is_watched(key.group_kind):
            continue
        try:
            obj = await observe.live_object(world, key)
        except ApiError as error:
            await _fail(world, app, f"whether {key} is there cannot be told: {error.message}")
            raise
        if obj is not None and tracking.owner_instance(key, annotations_of(obj)) == instance:
            found.append(obj)
    return found


def _order(obj: KubeObject) -> tuple[int, int, object]:
    return order.wave_of(obj), *order.sort_key(key_of(obj))


def _stays(app: Application, obj: KubeObject, sync_options: tuple[str, ...]) -> bool:
    """An application that holds itself goes when all else is gone."""
    return uid_of(obj) == app.metadata.uid or options.survives_deletion(obj, sync_options)


async def _fail(world: World, app: Application, message: str) -> Outcome:
    found = conditions.condition(ConditionType.DELETION_ERROR, message)
    others = [known for known in app.status.conditions if known.type != ConditionType.DELETION_ERROR]
    before = [*others, *(known for known in app.status.conditions if known.message == message)]
    after = conditions.merged(before, [*others, found], world.stamp())
    await report.write_status(world, app, msgspec.structs.replace(app.status, conditions=after))
    return Settled()
