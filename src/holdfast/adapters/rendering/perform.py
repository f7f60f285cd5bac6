"""Does one render from beginning to end, in the process that calls it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias, assert_never

from msgspec import structs

from holdfast.adapters.rendering.chart_copies import ChartCopies
from holdfast.engine.render import directory
from holdfast.engine.render.directory import DirectoryJob
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.jsonnet import Program
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.plugins.job import PluginJob
from holdfast.engine.render.prepare import Refs, prepare, question
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import NO_PLUGINS, PluginPlaces, RenderRequest, RenderResult

OpenTree: TypeAlias = Callable[[TreeLocation], FileTree]


def opened_refs(open_tree: OpenTree, request: RenderRequest) -> Refs:
    return {ref.name: open_tree(ref.location) for ref in request.refs}


def perform(
    open_tree: OpenTree,
    request: RenderRequest,
    tools: Path | None,
    plugins: PluginPlaces = NO_PLUGINS,
    copies: ChartCopies | None = None,
) -> RenderResult:
    """`tools` is where programs that packages carry may be unpacked, `copies` where charts may be copied to for further
    renders. Raises Blocked."""
    tree = open_tree(request.location)
    request, is_sure = with_plugin(tree, request, plugins)
    result = _rendered(open_tree, tree, request, tools, plugins, copies)
    return result if is_sure else structs.replace(result, is_unsure=True)


def _rendered(
    open_tree: OpenTree,
    tree: FileTree,
    request: RenderRequest,
    tools: Path | None,
    plugins: PluginPlaces,
    copies: ChartCopies | None,
) -> RenderResult:
    limits, refs = request.limits, opened_refs(open_tree, request)
    job = prepare(tree, request, refs)
    match job:
        case PluginJob():
            from holdfast.adapters.rendering.plugins import known
            from holdfast.adapters.rendering.plugins.task import Task

            with Task(tree, job, limits, app_name=request.app_name, credentials=request.credentials) as task:
                return known.render(plugins, task, is_discovered=bool(request.plugin))
        case DirectoryJob():
            return directory.render(tree, job, limits, _evaluate)
        case KustomizeJob():
            from holdfast.adapters.rendering import kustomize_build

            return kustomize_build.render(tree, job, limits, tools, open_tree, copies)
        case HelmJob():
            from holdfast.adapters.rendering import helm_chart  # loads Helm's library: 0.1 s and 60 MB

            return helm_chart.render(tree, job, limits, open_tree, refs, copies)
        case _:
            assert_never(job)


def with_plugin(tree: FileTree, request: RenderRequest, plugins: PluginPlaces) -> tuple[RenderRequest, bool]:
    """The plugins are asked whether one takes the source, where it leaves that open and nobody has asked yet; and whether
    all of them answered. Raises Blocked."""
    from holdfast.adapters.rendering.plugins import known
    from holdfast.adapters.rendering.plugins.task import Task

    if request.plugin is not None or not known.identity(plugins):
        return request, True
    job = question(tree, request)
    if job is None:
        return request, True
    with Task(tree, job, request.limits, app_name=request.app_name) as task:
        found = known.discovered(plugins, task)
    return structs.replace(request, plugin=found.plugin), found.is_sure


def _evaluate(program: Program) -> str:
    from holdfast.adapters.rendering import jsonnet_program  # loads Jsonnet's library

    return jsonnet_program.evaluate(program)
