"""Renders in the process that asks: for tests, simulators and one-off commands, without limits of time and memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from holdfast.adapters.rendering.perform import perform
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import NO_PLUGINS, PluginPlaces, RenderRequest, RenderResult


class InlineRenderer:
    """A Renderer."""

    def __init__(
        self,
        open_tree: Callable[[TreeLocation], FileTree],
        *,
        tools: Path | None = None,
        plugins: PluginPlaces = NO_PLUGINS,
    ) -> None:
        self._open_tree = open_tree
        self._tools = tools
        self._plugins = plugins

    async def render(self, request: RenderRequest) -> RenderResult:
        return perform(self._open_tree, request, self._tools, self._plugins)

    async def close(self) -> None:
        pass
