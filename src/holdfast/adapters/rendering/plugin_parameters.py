"""Which parameters the plugin of a source understands."""

from __future__ import annotations

from msgspec import Struct

from holdfast.adapters.rendering.perform import OpenTree, opened_refs, with_plugin
from holdfast.adapters.rendering.plugins import known
from holdfast.adapters.rendering.plugins.task import Task
from holdfast.engine.render.plugins.job import PluginJob
from holdfast.engine.render.prepare import prepare
from holdfast.model.rendering import PluginPlaces, RenderRequest
from holdfast.model.source_options import Announcement


class Announced(Struct, frozen=True):
    plugin: str
    parameters: tuple[Announcement, ...]


def announced(open_tree: OpenTree, request: RenderRequest, places: PluginPlaces) -> Announced | None:
    """None when no plugin renders the source. What is announced first counts where a name comes twice. Raises Blocked."""
    tree = open_tree(request.location)
    request, _ = with_plugin(tree, request, places)
    job = prepare(tree, request, opened_refs(open_tree, request))
    if not isinstance(job, PluginJob):
        return None
    with Task(tree, job, request.limits, app_name=request.app_name) as task:
        plugin = known.named(places, job.name)
        found: dict[str, Announcement] = {}
        for one in plugin.announcements(task):
            found.setdefault(one.name, one)
        return Announced(plugin.name, tuple(found.values()))
