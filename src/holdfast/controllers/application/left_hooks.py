"""The live states of a plan's objects, with word of the hooks that other applications have left behind."""

from __future__ import annotations

from msgspec import structs

from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow.abandoned_hooks import is_abandoned
from holdfast.engine.plan import hooks, tracking
from holdfast.engine.plan.machine import LiveState
from holdfast.model.application import Application
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.kube import annotations_of


def states(world: World, app: Application, live: flow.Live) -> dict[ObjectKey, LiveState]:
    instance = flow.instance_of(app, world.namespace)
    return {key: _judged(world, key, state, instance) for key, state in flow.live_states(live).items()}


def _judged(world: World, key: ObjectKey, state: LiveState, instance: str) -> LiveState:
    annotations = annotations_of(state.obj)
    if hooks.OPERATION not in annotations:
        return state
    owner = tracking.owner_instance(key, annotations)
    if owner in ("", instance):
        return state
    other = world.application(NamespacedName(*tracking.parse_instance_name(owner, world.namespace)))
    return structs.replace(state, abandoned=is_abandoned(state, other))
