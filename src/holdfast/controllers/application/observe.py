"""Reads all that a decision about one Application needs."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from holdfast.controllers.application import admission, sources
from holdfast.controllers.application.ignored import ignored_in
from holdfast.controllers.application.predictions import manner_of
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import spec
from holdfast.engine.plan import tracking
from holdfast.engine.plan.targets import with_places
from holdfast.engine.status import conditions
from holdfast.model.application import Application, ApplicationCondition
from holdfast.model.desired import Prediction, Targets
from holdfast.model.errors import Blocked, Transient
from holdfast.model.ignoring import Ignoring
from holdfast.model.keys import ObjectKey
from holdfast.model.kube import KubeObject
from holdfast.model.names import ConditionType
from holdfast.model.pinned import Pinned
from holdfast.model.sync_record import RecordedManifest


class Desired(Struct, frozen=True):
    """What the sources want at their revisions, and what the server says to it in the state `live`.

    `note` says where it is from when not from Git, and `sealed` are then the Secrets that nobody knows the values of.
    """

    pinned: Pinned
    source_types: tuple[str, ...]
    targets: Targets
    live: flow.Live
    predictions: dict[ObjectKey, Prediction]
    note: str = ""
    sealed: tuple[RecordedManifest, ...] = ()
    ignored: Ignoring = Ignoring()


class Observed(Struct, frozen=True):
    """`desired` is None when it could not be had; `conditions` then say why."""

    live: flow.Live
    desired: Desired | None = None
    conditions: tuple[ApplicationCondition, ...] = ()


async def observe(world: World, app: Application, *, fresh: bool = False) -> Observed:
    """`fresh` asks the repository even if its last answer is young. Raises what the API server raises."""
    project = world.project(spec.project_of(app))
    problems = spec.problems(app, project)
    if problems:
        return await _blind(world, app, ConditionType.INVALID_SPEC_ERROR, *problems)
    if fresh:
        world.failed_renders.refreshed(app.metadata.key)
        world.values_read.forget(app.metadata.key)
        world.chart_uses.ask_anew(app.metadata.key)
    try:
        pinned, trouble = await sources.newest(world, app, fresh=fresh)
        desired = await desired_at(world, app, pinned)
    except Blocked as blocked:
        return await _blind(world, app, ConditionType.COMPARISON_ERROR, blocked.message)
    except Transient as error:
        world.revisions.hasten(app.metadata.key)
        return await _blind(world, app, ConditionType.COMPARISON_ERROR, error.message)
    return Observed(desired.live, desired, _conditions(ConditionType.COMPARISON_ERROR, trouble) if trouble else ())


async def _blind(world: World, app: Application, kind: ConditionType, *messages: str) -> Observed:
    live = {
        obj.key: obj.decode() for obj in world.view.owned_by(flow.instance_of(app, world.namespace)) if obj.is_whole
    }
    health = await world.asked.health(world.customized.scripts, live)
    return Observed(flow.Live(live, frozenset(live), health=health), conditions=_conditions(kind, *messages))


def _conditions(kind: ConditionType, *messages: str) -> tuple[ApplicationCondition, ...]:
    return tuple(conditions.condition(kind, message) for message in messages)


async def desired_at(world: World, app: Application, pinned: Pinned) -> Desired:
    """Renders the sources at their revisions and asks the server what an apply of the result would do."""
    wanted, source_types = await targets_at(world, app, pinned)
    return await desired_of(world, app, pinned, wanted, source_types)


async def desired_of(
    world: World, app: Application, pinned: Pinned, wanted: Targets, source_types: tuple[str, ...]
) -> Desired:
    """Asks the server what an apply of the targets would do."""
    world.wanted.remember(app.metadata.key, (target.key for target in wanted.objects))
    live = await live_objects(world, app, (target.key for target in wanted.objects))
    manner = manner_of(app, flow.sync_options_of(app), writer(world, app))
    predictions = await world.predictions.of(
        world.acting_as(manner.user).cluster,
        wanted.objects,
        live.objects,
        world.namespace_exists,
        manner,
        with_webhooks=lambda target: flow.manner_of(app, target.obj).webhooks,
        unattended=admission.unattended(world),
    )
    ignored = await ignored_in(world, app, wanted, live, predictions)
    return Desired(pinned, source_types, wanted, live, predictions, ignored=ignored)


def writer(world: World, app: Application) -> str:
    """In whose name a sync would write. Where nobody is named only the sync itself fails."""
    try:
        return world.impersonated(app, world.project(spec.project_of(app)))
    except Blocked:
        return ""


async def targets_at(world: World, app: Application, pinned: Pinned) -> tuple[Targets, tuple[str, ...]]:
    """What the sources want at their revisions, and how each was rendered."""
    project = world.project(spec.project_of(app))
    if project is None:
        raise Blocked("InvalidSpecError", f"project {spec.project_of(app)} does not exist")
    rendered = await sources.render(world, app, pinned)
    wanted = flow.desired(app, rendered.objects, project, world.discovery, world.namespace)
    return with_places(wanted, rendered.doubled, app.spec.destination.namespace), rendered.source_types


async def live_objects(world: World, app: Application, keys: Iterable[ObjectKey]) -> flow.Live:
    """The owned objects and those of the keys. What no watch keeps whole is read from the server."""
    instance = flow.instance_of(app, world.namespace)
    owned = {obj.key: obj for obj in world.view.owned_by(instance)}
    namespace = ObjectKey("", "Namespace", "", app.spec.destination.namespace)
    found: dict[ObjectKey, KubeObject] = {}
    for key in dict.fromkeys((*owned, *keys, namespace)):
        obj = await live_object(world, key)
        if obj is not None:
            found[key] = obj
    owners = {key: tracking.owner_instance(key, (obj["metadata"]).get("annotations")) for key, obj in found.items()}
    return flow.Live(
        objects=found,
        owned=frozenset(key for key in owned if key in found),
        owners={key: owner for key, owner in owners.items() if owner},
        health=await world.asked.health(world.customized.scripts, found),
    )


async def live_object(world: World, key: ObjectKey) -> KubeObject | None:
    """What no watch keeps whole is read from the server."""
    known = world.view.get(key)
    if known is not None and known.is_whole:
        return known.decode()
    if known is None and world.is_watched(key.group_kind):
        return None
    resource = world.resource(key.group_kind)
    return await world.cluster.get(resource, key.namespace, key.name) if resource is not None else None
