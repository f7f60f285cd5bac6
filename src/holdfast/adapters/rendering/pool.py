"""Renders in worker processes that can be killed: one that hangs, grows or crashes fails only its own render."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct, structs

from holdfast.adapters.rendering import worker_process
from holdfast.adapters.rendering.cache import RenderCache
from holdfast.adapters.rendering.plugins import known
from holdfast.adapters.rendering.trace import TracedTree
from holdfast.adapters.rendering.traces import Traces
from holdfast.engine.render.plugins import job as plugin_jobs
from holdfast.engine.render.plugins.job import PluginJob
from holdfast.engine.render.prepare import (
    Job,
    identity,
    is_reproducible,
    may_import,
    prepare,
    question,
    with_imports,
)
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import NO_PLUGINS, PluginPlaces, RenderRequest, RenderResult
from holdfast.runtime.worker_pool import WorkerPool

KEEP_BELOW: Final = 512 * 1024**2
"""A worker that holds more than this after a render is replaced, since Go gives memory back slowly."""


class _Looked(Struct, frozen=True):
    """`request` is the one to do, `key` where its result may be kept ("" for nowhere), `result` what is kept there,
    `question` where it is to be kept which plugin took the source, and `learning` where it is to be kept at which paths
    its programs looked for imports, before which there is no key."""

    request: RenderRequest
    key: str = ""
    result: RenderResult | None = None
    question: str = ""
    learning: str = ""


class RenderPool:
    """A Renderer that is ChangeAware, as far as its cache goes. `open_tree` is a function at the top of a module, since workers must find it by its name.

    `tools` is the folder into which programs that packages carry may be unpacked. Plugins are waited for by workers of
    their own, so that one that hangs keeps nobody else from rendering.
    """

    def __init__(
        self,
        open_tree: Callable[[TreeLocation], FileTree],
        *,
        workers: int = 2,
        cache: RenderCache | None = None,
        tools: Path | None = None,
        plugins: PluginPlaces = NO_PLUGINS,
    ) -> None:
        self._open_tree = open_tree
        self._tools = tools
        self._plugins = plugins
        self._cache = cache
        self._traces = Traces()
        self._workers, self._plugin_workers = (
            WorkerPool(lambda: worker_process.start(open_tree, tools, plugins), workers=workers, keep_below=KEEP_BELOW)
            for _ in range(2)
        )

    async def start(self) -> None:
        """Brings one worker up, so that the first render does not wait for it."""
        await self._workers.start()

    async def render(self, request: RenderRequest) -> RenderResult:
        cache = self._cache
        if cache is None:
            return await self._ask(request)
        looked = await asyncio.to_thread(self._look_up, cache, request)
        if looked.result is not None:
            return looked.result
        result = await self._ask(looked.request)
        await asyncio.to_thread(self._keep, cache, looked, result)
        return structs.replace(result, looked_at=())

    async def _ask(self, request: RenderRequest) -> RenderResult:
        may_be_plugin = request.source.plugin is not None or bool(request.plugin)
        if request.plugin is None and plugin_jobs.is_automatic(request.source):
            may_be_plugin = bool(await asyncio.to_thread(known.identity, self._plugins))
        workers = self._plugin_workers if may_be_plugin else self._workers
        if not may_be_plugin:
            request = structs.replace(request, credentials=None)
        async with workers.lend() as worker:
            return await worker_process.render(worker, request)

    def apart(self) -> RenderPool:
        """With the same workers and cache, and traces of its own."""
        other = copy.copy(self)
        other._traces = Traces()  # noqa: SLF001 - a copy of ours
        return other

    async def close(self) -> None:
        await self._workers.close()
        await self._plugin_workers.close()

    def _look_up(self, cache: RenderCache, request: RenderRequest, looked_at: tuple[str, ...] | None = None) -> _Looked:
        """`looked_at` is where its programs looked for imports, when it was just rendered."""
        tree = TracedTree(self._open_tree(request.location))
        request, asked = self._discovered(cache, tree, request)
        if asked and request.plugin is None:
            return _Looked(request, question=asked)
        refs = {ref.name: TracedTree(self._open_tree(ref.location)) for ref in request.refs}
        job = prepare(tree, request, refs)
        if not is_reproducible(job):
            return _Looked(request)
        plugin = ""
        if isinstance(job, PluginJob):
            plugin = known.identity(self._plugins, job.name)
            for path in job.reads:
                tree.holds(path)
        said = identity(tree, job, request, refs)
        if may_import(tree, job):
            learning = cache.key(f"imports\n{said}", job)
            if looked_at is None:
                looked_at = self._looked_at(cache, request, job, said, learning)
            if looked_at is None:
                return _Looked(request, learning=learning)
            said = with_imports(tree, said, looked_at)
        key = cache.key(said, job, self._tools, plugin)
        tree.names_commit(job)
        self._traces.remember(request, tree.trace, {name: ref.trace for name, ref in refs.items()})
        return _Looked(request, key, cache.load(key))

    def _looked_at(
        self, cache: RenderCache, request: RenderRequest, job: Job, said: str, learning: str
    ) -> tuple[str, ...] | None:
        """At which paths the render looked for imports, as far as an earlier one tells: one that looked at the same paths
        and found the same there."""
        tree = self._open_tree(request.location)  # what is only tried is no part of the trace
        for looked_at in cache.lookups(learning):
            if cache.holds(cache.key(with_imports(tree, said, looked_at), job, self._tools)):
                return looked_at
        return None

    def _discovered(self, cache: RenderCache, tree: TracedTree, request: RenderRequest) -> tuple[RenderRequest, str]:
        """The request with what plugins said about it before, and the key of that; "" when it is not their matter."""
        there = known.identity(self._plugins)
        job = question(tree, request) if there and request.plugin is None else None
        if job is None:
            return request, ""
        tree.holds(job.path)
        key = cache.key(plugin_jobs.discovery_key(tree, job), job, plugins=there)
        found = cache.load(key)
        return (request if found is None else structs.replace(request, plugin=found.plugin)), key

    def _keep(self, cache: RenderCache, looked: _Looked, result: RenderResult) -> None:
        key = looked.key
        if result.is_unsure:
            return
        if looked.question:
            cache.store(looked.question, RenderResult((), result.source_type, plugin=result.plugin))
            looked = self._look_up(cache, structs.replace(looked.request, plugin=result.plugin))
            key = looked.key
        if looked.learning:
            cache.learn(looked.learning, result.looked_at)
            key = self._look_up(cache, looked.request, result.looked_at).key
        if key:
            cache.store(key, structs.replace(result, looked_at=()))

    async def unchanged(
        self, apps: Mapping[NamespacedName, str], location: TreeLocation
    ) -> Mapping[NamespacedName, bool]:
        compare = self._traces.comparing(apps, location)
        if compare is None:
            return {}
        return await asyncio.to_thread(lambda: compare(self._open_tree(location)))
