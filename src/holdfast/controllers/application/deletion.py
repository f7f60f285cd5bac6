"""Takes an Application's objects with it when it is deleted, if its finalizer says so."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from holdfast.controllers.application import act, events, report
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import spec
from holdfast.engine.plan import options, order
from holdfast.engine.status import conditions
from holdfast.model.application import Application
from holdfast.model.errors import ApiError
from holdfast.model.kube import KubeObject, annotations_of, is_being_deleted, key_of
from holdfast.model.names import Annotation, ConditionType, Finalizer
from holdfast.ports.cluster import Propagation
from holdfast.runtime.outcome import Again, Outcome, Settled

LOOK_AGAIN = timedelta(seconds=5)

CASCADE = {
    Finalizer.RESOURCES.value: Propagation.FOREGROUND,
    Finalizer.RESOURCES_FOREGROUND.value: Propagation.FOREGROUND,
    Finalizer.RESOURCES_BACKGROUND.value: Propagation.BACKGROUND,
}
OURS = frozenset({*CASCADE, Finalizer.PRE_DELETE.value, Finalizer.POST_DELETE.value})


async def proceed(world: World, app: Application) -> Outcome:
    """Needs no repository, no project and no rendering: what to delete is what carries the tracking id."""
    asked = [CASCADE[name] for name in app.metadata.finalizers if name in CASCADE]
    if asked:
        if not spec.is_in_cluster(app.spec.destination):
            return await _fail(world, app, "the objects are on a cluster that is not supported yet")
        waiting = await _delete_objects(world, app, asked[0])
        if waiting:
            return Again(LOOK_AGAIN, because=waiting)
    if any(name in OURS for name in app.metadata.finalizers):
        kept = [name for name in app.metadata.finalizers if name not in OURS]
        await world.patch_application(app, {"metadata": {"finalizers": kept or None}})
    return Settled()


async def _delete_objects(world: World, app: Application, how: Propagation) -> str:
    """The last wave first; answers what is waited for, "" when all are gone."""
    owned = [obj.decode() for obj in world.view.owned_by(flow.instance_of(app, world.namespace)) if obj.raw]
    left = sorted((obj for obj in owned if not _is_kept(obj)), key=_order, reverse=True)
    if not left:
        return ""
    unapproved = [obj for obj in left if options.needs_confirmation(obj, flow.sync_options_of(app), ("Delete",))]
    if unapproved and Annotation.DELETION_APPROVED not in app.metadata.annotations:
        return f"waiting for confirmation to delete {key_of(unapproved[0])}"
    wave = order.wave_of(left[0])
    current = [obj for obj in left if order.wave_of(obj) == wave]
    for obj in current:
        if is_being_deleted(obj):
            continue
        try:
            await act.delete(world, obj, how)
        except ApiError as error:
            await _fail(world, app, f"{key_of(obj)}: {error.message}")
            raise
        await events.emit(world, app, events.Reason.RESOURCE_DELETED, f"Deleted {key_of(obj)}")
    return f"waiting for deletion of {key_of(current[0])}" + (f" and {len(left) - 1} more" if len(left) > 1 else "")


def _order(obj: KubeObject) -> tuple[int, int, object]:
    return order.wave_of(obj), *order.sort_key(key_of(obj))


def _is_kept(obj: KubeObject) -> bool:
    return options.has(obj, "Delete=false") or annotations_of(obj).get("helm.sh/resource-policy") == "keep"


async def _fail(world: World, app: Application, message: str) -> Outcome:
    found = conditions.condition(ConditionType.DELETION_ERROR, message)
    after = conditions.merged(app.status.conditions, [*app.status.conditions, found], world.stamp())
    await report.write_status(world, app, msgspec.structs.replace(app.status, conditions=after))
    return Settled()
