"""Carries out the tasks of a sync: applies, replaces, creates hooks, prunes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from itertools import groupby

import msgspec
from msgspec import Struct

from holdfast.controllers.application import predictions
from holdfast.controllers.application.refusals import is_contention, is_refusal, is_schema_error
from holdfast.controllers.application.removal import remove
from holdfast.controllers.application.takeover import taken_over
from holdfast.controllers.application.world import World
from holdfast.engine.gates import guard
from holdfast.engine.kube import canonical
from holdfast.engine.plan import hooks, migration, options, results
from holdfast.engine.plan.tasks import Action, SyncTask
from holdfast.model.application import ResourceResult
from holdfast.model.discovery import ResourceType
from holdfast.model.errors import AlreadyExists, ApiError, Conflict, Invalid, NotFound
from holdfast.model.keys import NamespacedName, ObjectKey
from holdfast.model.kube import (
    KubeObject,
    resource_version_of,
)
from holdfast.model.names import FIELD_MANAGER
from holdfast.ports.cluster import PatchKind, Propagation

AT_ONCE = 8
# How long a forced replacement waits for the old object to be gone.
GONE_TRIES = 20
GONE_PAUSE = 0.5


class Manner(Struct, frozen=True):
    """How the operation wants things done. `asked`: how the server was asked about it before; whose client-side fields of
    `live` objects it takes over is said there. `by`: the application whose reconcile goes by what is written here."""

    sync_options: tuple[str, ...] = ()
    force: bool = False
    live: Mapping[ObjectKey, KubeObject] = {}
    asked: predictions.Manner = predictions.Manner()
    by: NamespacedName | None = None

    @property
    def propagation(self) -> Propagation:
        return propagation(options.value_of("PrunePropagationPolicy", self.sync_options))


class Done(Struct, frozen=True):
    """`trouble` is set when the server failed: then the tasks without a result have to be done again."""

    results: tuple[ResourceResult, ...]
    trouble: ApiError | None = None


async def perform(world: World, tasks: Iterable[SyncTask], manner: Manner) -> Done:
    """In the order of their kinds, those of one kind at once."""
    done: list[ResourceResult] = []
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(task: SyncTask) -> ResourceResult | ApiError:
        async with limit:
            return await _perform(world, task, manner)

    for _, members in groupby(tasks, key=lambda task: task.sort_key[:2]):
        answers = await asyncio.gather(*(one(task) for task in members))
        done += [answer for answer in answers if isinstance(answer, ResourceResult)]
        for answer in answers:
            if isinstance(answer, ApiError):
                return Done(tuple(done), answer)
    return Done(tuple(done))


async def _perform(world: World, task: SyncTask, manner: Manner) -> ResourceResult | ApiError:
    if task.problem:
        return results.refused(task, task.problem)
    if task.skip:
        return results.skipped(task)
    resource = task.resource or world.resource(task.key.group_kind, task.version)
    if resource is None:
        return results.refused(task, f"the cluster does not serve {task.key.group_kind} {task.version}")
    act = _manner_of(task, manner)
    try:
        return await act(world, resource, task, manner)
    except ApiError as error:
        if not is_refusal(error):
            return error
        return results.refused(task, error.message)


_Act = Callable[[World, ResourceType, SyncTask, Manner], Awaitable[ResourceResult]]


def _manner_of(task: SyncTask, manner: Manner) -> _Act:
    if task.action is Action.PRUNE:
        return _prune
    if task.hook:
        return _create_hook
    if options.chosen("Replace", manner.sync_options, task.obj):
        return _replace
    return _apply


async def _apply(world: World, resource: ResourceType, task: SyncTask, manner: Manner) -> ResourceResult:
    await _take_over_fields(world, resource, task, manner)
    try:
        answer = await world.cluster.apply(resource, task.obj, field_manager=FIELD_MANAGER)
    except ApiError as error:
        if not is_schema_error(error) and (is_contention(error) or not isinstance(error, Invalid | Conflict)):
            raise
        live = await world.cluster.get(resource, task.key.namespace, task.key.name)
        unvalidated = "Validate=false" in manner.sync_options or options.has(task.obj, "Validate=false")
        taken = await taken_over(world.cluster, resource, live, task.obj, error, unvalidated=unvalidated)
        if taken is not None:
            world.view.wrote(taken, manner.by)
            return results.applied(task, "taken over")
        if not (manner.force or options.chosen("Force", manner.sync_options, task.obj)):
            raise
        return await _recreate(world, resource, task, manner)
    world.view.wrote(answer, manner.by)
    world.predictions.applied(task.obj, answer, manner.asked)
    return results.applied(task)


async def _take_over_fields(world: World, resource: ResourceType, task: SyncTask, manner: Manner) -> None:
    """Once for an object that was applied by a client before; the apply that follows then drops what Git dropped."""
    body = migration.patch(manner.live.get(task.key), task.obj, manner.asked.left_by)
    if body is None:
        return
    key = task.key
    with suppress(NotFound):
        answer = await world.cluster.patch(
            resource, key.namespace, key.name, body, PatchKind.JSON, field_manager=FIELD_MANAGER
        )
        world.view.wrote(answer, manner.by)


async def _replace(world: World, resource: ResourceType, task: SyncTask, manner: Manner) -> ResourceResult:
    live = await world.cluster.get(resource, task.key.namespace, task.key.name)
    if live is None:
        return await _create(world, resource, task, manner)
    obj = canonical.with_path(task.obj, resource_version_of(live), "metadata", "resourceVersion")
    try:
        answer = await world.cluster.replace(resource, obj, field_manager=FIELD_MANAGER)
    except Invalid:
        if not (manner.force or options.chosen("Force", manner.sync_options, task.obj)):
            raise
        return await _recreate(world, resource, task, manner)
    world.view.wrote(answer, manner.by)
    return results.applied(task, "replaced")


async def _create(world: World, resource: ResourceType, task: SyncTask, manner: Manner) -> ResourceResult:
    answer = await world.cluster.create(resource, task.obj, field_manager=FIELD_MANAGER)
    world.view.wrote(answer, manner.by)
    return results.applied(task, "created")


async def _recreate(world: World, resource: ResourceType, task: SyncTask, manner: Manner) -> ResourceResult:
    """Best effort: the old object may take longer to go than anybody wants to wait. What takes data with it goes only where
    the plan has told so, and nobody was to be asked or somebody has confirmed it."""
    if task.key.group_kind in guard.KEPT_KINDS and not task.recreates:
        return results.refused(
            task, f"{results.resource_name(task)} was accepted in a dry run and refused now: sync again"
        )
    await remove(world, task.obj, manner.propagation)
    for _ in range(GONE_TRIES):
        try:
            return await _create(world, resource, task, manner)
        except AlreadyExists:
            await world.clock.sleep(GONE_PAUSE)
    return results.refused(task, f"{results.resource_name(task)} is still being deleted")


async def _create_hook(world: World, resource: ResourceType, task: SyncTask, manner: Manner) -> ResourceResult:
    try:
        return await _create(world, resource, task, manner)
    except AlreadyExists:
        live = await world.cluster.get(resource, task.key.namespace, task.key.name)
        if live is not None and hooks.is_same_run(live, task.obj):
            world.view.wrote(live, manner.by)
            return results.applied(task, "created")
        other = hooks.other_owner(live, task.obj) if live is not None else ""
        if other:
            return results.refused(task, f"a hook of this name is part of application {other}")
        # What an earlier operation left and may not be changed into this hook is made anew.
        return await _apply(world, resource, task, msgspec.structs.replace(manner, force=True))


async def _prune(world: World, resource: ResourceType, task: SyncTask, manner: Manner) -> ResourceResult:
    owner = await remove(world, task.obj, manner.propagation, resource=resource)
    return results.handed_over(task, owner) if owner else results.pruned(task)


def propagation(word: str) -> Propagation:
    """Foreground unless something else is asked for, as Argo CD."""
    words = {kind.value.lower(): kind for kind in Propagation}
    return words.get(word.lower(), Propagation.FOREGROUND)
