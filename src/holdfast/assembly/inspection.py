"""Looks at one Application as the controller would, once, without changing anything: for `app diff` and `app manifests`."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from random import Random

import msgspec
from msgspec import Struct

from holdfast.assembly.engine_process import Sources, scripts_of_users, sources
from holdfast.assembly.local_sources import local_sources, path_within
from holdfast.assembly.places import DataPlace, place_of
from holdfast.assembly.settings import EngineSettings
from holdfast.assembly.working_copy import WorkingCopy
from holdfast.controllers.application.live_view import INSTANCE, instance_of
from holdfast.controllers.application.observe import Desired, desired_at, live_objects
from holdfast.controllers.application.sources import resolve
from holdfast.controllers.application.world import World
from holdfast.engine.flow import application as flow
from holdfast.engine.flow import spec
from holdfast.engine.status import render_notes
from holdfast.model.application import Application, ApplicationSource
from holdfast.model.desired import ObjectState
from holdfast.model.discovery import Discovery
from holdfast.model.errors import Blocked
from holdfast.model.keys import GroupKind
from holdfast.model.kube import KubeObject, namespace_of
from holdfast.model.rendering import PluginPlaces
from holdfast.model.resource_types import APP_PROJECT, CONFIG_MAP, NAMESPACE, SECRET
from holdfast.ports.cluster import Cluster
from holdfast.ports.scripts import Scripts
from holdfast.runtime.clock import SystemClock
from holdfast.runtime.store import Store, live_object


class Inspection(Struct, frozen=True):
    """What a sync to one revision would meet, and what people should know of the render."""

    desired: Desired
    states: tuple[ObjectState, ...]
    notes: tuple[str, ...] = ()


class Local(Struct, frozen=True):
    """Files that are not committed: the folder of the application, and that of its whole repository."""

    folder: Path
    root: Path


async def inspect(
    cluster: Cluster,
    kubeconfig: Path,
    app: KubeObject,
    *,
    revision: str = "",
    local: Local | None = None,
    working_copy: Path | None = None,
    plugins: str = "",
) -> Inspection:
    """Renders the application at `revision` (by default the target's newest), or what is on disk, and compares.

    `working_copy` stands for the repository of the first source that is one of Git; `plugins` is
    where definitions of plugins are, by default those of the place. Raises what stops that.
    """
    place = place_of(kubeconfig)
    path = path_within(local.root, local.folder) if local is not None else ""
    async with (
        _sources(place, local, place.plugins_with(plugins)) as opened,
        scripts_of_users() as scripts,
    ):
        if working_copy is not None:
            opened = msgspec.structs.replace(opened, repositories=WorkingCopy(opened.repositories, working_copy, app))
        world = await world_of(cluster, opened, scripts, namespace_of(app))
        decoded = msgspec.convert(app, Application)
        spec.check(decoded, world.project(spec.project_of(decoded)))
        await _load_owned(world, cluster, app)
        wanted = spec.sources_of(decoded)
        if local is not None:
            wanted = _from_disk(wanted, path)
        if revision and len(wanted) > 1:
            raise Blocked("SourceUnsupported", "--revision names one commit, and the application has several sources")
        pinned = await resolve(world, decoded, wanted, [revision] * len(wanted), several=bool(decoded.spec.sources))
        desired = await desired_at(world, decoded, pinned)
        live = await live_objects(world, decoded, (target.key for target in desired.targets.objects))
        states = flow.compared(decoded, desired.targets, live, desired.predictions, desired.ignored)
        notes = world.render_notes.at(decoded.metadata.key, desired.pinned.revisions)
        return Inspection(desired, states, render_notes.told(notes))


def _from_disk(sources: tuple[ApplicationSource, ...], path: str) -> tuple[ApplicationSource, ...]:
    if len(sources) != 1:
        raise Blocked("SourceUnsupported", "a folder stands for one source, and the application has several")
    return (msgspec.structs.replace(sources[0], path=path),)


def _sources(place: DataPlace, local: Local | None, plugins: PluginPlaces) -> AbstractAsyncContextManager[Sources]:
    if local is not None:
        return local_sources(place, local.root, plugins)
    return sources(place, place.read_rewrites(), workers=1, plugins=plugins)


async def world_of(cluster: Cluster, opened: Sources, scripts: Scripts | None, namespace: str) -> World:
    """What the controller would see, read once; objects are asked for when they are needed."""
    discovery: Discovery = await cluster.discover()
    store = Store(keep_raw=lambda _: True, indexes={INSTANCE: instance_of})
    for resource in (APP_PROJECT, CONFIG_MAP, SECRET):
        for item in (await cluster.list(resource, namespace=namespace)).items:
            store.put(item)
    for item in (await cluster.list(NAMESPACE)).items:
        store.put(item)
    return World(
        cluster=cluster,
        repositories=opened.repositories,
        charts=opened.charts,
        values_files=opened.values_files,
        renderer=opened.renderer,
        clock=SystemClock(),
        namespace=namespace,
        settings=EngineSettings(namespace=namespace),
        random=Random(),  # noqa: S311 - jitter
        store=store,
        discovery=lambda: discovery,
        is_watched=lambda kind: kind == NAMESPACE.group_kind,
        scripts=scripts,
    )


async def _load_owned(world: World, cluster: Cluster, app: KubeObject) -> None:
    """The objects that status.resources names, so that those which left the source are seen too."""
    for item in (app.get("status") or {}).get("resources") or []:
        resource = world.resource(GroupKind(item.get("group") or "", item["kind"]), item.get("version") or "")
        if resource is None:
            continue
        found = await cluster.get(resource, item.get("namespace") or "", item["name"])
        if found is not None:
            world.store.put(live_object(found))
