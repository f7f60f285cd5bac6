"""What the plugins of an application say about their parameters: for `app parameters`."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from msgspec import Struct

from holdfast.adapters.rendering.plugin_parameters import announced
from holdfast.assembly.engine_process import sources
from holdfast.assembly.inspection import world_of
from holdfast.assembly.places import place_of
from holdfast.assembly.source_trees import open_source_tree
from holdfast.assembly.working_copy import WorkingCopy
from holdfast.controllers.application.sources import requests, resolve
from holdfast.engine.flow import spec
from holdfast.model.application import Application
from holdfast.model.kube import KubeObject, namespace_of
from holdfast.model.source_options import Announcement, PluginOptions, PluginParameter
from holdfast.ports.cluster import Cluster


class OfferedParameter(Struct, frozen=True):
    """`source` is the position of the source that the plugin renders. `announced` is None for one that the application
    gives and the plugin does not know, `given` None for the other way round."""

    source: int
    plugin: str
    name: str
    announced: Announcement | None
    given: PluginParameter | None


async def offered(
    cluster: Cluster, kubeconfig: Path, app: KubeObject, *, plugins: str = "", working_copy: Path | None = None
) -> list[OfferedParameter]:
    """`plugins` is where definitions are, by default those of the place; `working_copy` stands for
    the repository of the first source that is one of Git. Nothing is rendered. Raises Blocked."""
    place = place_of(kubeconfig)
    places = place.plugins_with(plugins)
    found: list[OfferedParameter] = []
    async with sources(place, place.read_rewrites(), workers=1, plugins=places) as opened:
        if working_copy is not None:
            opened = msgspec.structs.replace(opened, repositories=WorkingCopy(opened.repositories, working_copy, app))
        world = await world_of(cluster, opened, None, namespace_of(app))
        decoded = msgspec.convert(app, Application)
        spec.check(decoded, world.project(spec.project_of(decoded)))
        wanted = spec.sources_of(decoded)
        pinned = await resolve(world, decoded, wanted, [""] * len(wanted), several=bool(decoded.spec.sources))
        position = 0
        async for request in requests(world, decoded, pinned):
            said = None
            if request is not None:
                said = await asyncio.to_thread(announced, open_source_tree, request, places)
            if said is not None:
                options = wanted[position].plugin or PluginOptions()
                found += _beside(position, said.plugin, said.parameters, options.parameters)
            position += 1
    return found


def _beside(
    source: int, plugin: str, announced: tuple[Announcement, ...], given: tuple[PluginParameter, ...]
) -> list[OfferedParameter]:
    known = {one.name: one for one in announced}
    said = {one.name: one for one in given}
    return [
        OfferedParameter(source, plugin, name, known.get(name), said.get(name))
        for name in dict.fromkeys((*known, *said))
    ]
