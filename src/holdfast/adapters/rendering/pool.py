"""Renders in worker processes that can be killed: one that hangs, grows or crashes fails only its own render."""

from __future__ import annotations

import asyncio
import copy
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from holdfast.adapters.rendering import worker_process
from holdfast.adapters.rendering.cache import RenderCache
from holdfast.adapters.rendering.perform import opened_refs
from holdfast.adapters.rendering.trace import Beside, Trace, TracedTree
from holdfast.engine.render.prepare import identity, is_reproducible, prepare
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.runtime.worker_pool import WorkerPool

KEEP_BELOW: Final = 512 * 1024**2
"""A worker that holds more than this after a render is replaced, since Go gives memory back slowly."""

TRACES: Final = 10_000


class RenderPool:
    """A Renderer that is ChangeAware, as far as its cache goes. `open_tree` is a function at the top of a module, since workers must find it by its name.

    `tools` is the folder into which programs that packages carry may be unpacked.
    """

    def __init__(
        self,
        open_tree: Callable[[TreeLocation], FileTree],
        *,
        workers: int = 2,
        cache: RenderCache | None = None,
        tools: Path | None = None,
    ) -> None:
        self._open_tree = open_tree
        self._tools = tools
        self._cache = cache
        self._traces: OrderedDict[tuple[NamespacedName, str], Trace] = OrderedDict()
        self._workers = WorkerPool(
            lambda: worker_process.start(open_tree, tools), workers=workers, keep_below=KEEP_BELOW
        )

    async def start(self) -> None:
        """Brings one worker up, so that the first render does not wait for it."""
        await self._workers.start()

    async def render(self, request: RenderRequest) -> RenderResult:
        cache, key = self._cache, ""
        if cache is not None:
            key, known = await asyncio.to_thread(self._look_up, cache, request)
            if known is not None:
                return known
        async with self._workers.lend() as worker:
            result = await worker_process.render(worker, request)
        if cache is not None and key:
            await asyncio.to_thread(cache.store, key, result)
        return result

    def apart(self) -> RenderPool:
        """With the same workers and cache, and traces of its own."""
        other = copy.copy(self)
        other._traces = OrderedDict()  # noqa: SLF001 - a copy of ours
        return other

    async def close(self) -> None:
        await self._workers.close()

    def _look_up(self, cache: RenderCache, request: RenderRequest) -> tuple[str, RenderResult | None]:
        """The key under which the result may be kept ("" when it may not), and what is kept there."""
        tree = TracedTree(self._open_tree(request.location))
        refs = opened_refs(self._open_tree, request)
        job = prepare(tree, request, refs)
        if not is_reproducible(job):
            return "", None
        key = cache.key(identity(tree, job, request, refs), job, self._tools)
        tree.names_commit(job)
        if not request.refs and not request.charts and not request.remote_files:
            self._remember(request, tree.trace)
        return key, cache.load(key)

    def _remember(self, request: RenderRequest, trace: Trace) -> None:
        app = NamespacedName(request.app_namespace, request.app_name)
        self._traces[app, request.location.commit] = trace
        self._traces.move_to_end((app, request.location.commit))
        while len(self._traces) > TRACES:
            self._traces.popitem(last=False)

    async def unchanged(
        self, apps: Mapping[NamespacedName, str], location: TreeLocation
    ) -> Mapping[NamespacedName, bool]:
        traces = {app: trace for app, commit in apps.items() if (trace := self._traces.get((app, commit))) is not None}
        if not traces:
            return {}

        def compare() -> dict[NamespacedName, bool]:
            beside = Beside(self._open_tree(location))
            return {app: beside.is_same(trace) for app, trace in traces.items()}

        return await asyncio.to_thread(compare)
