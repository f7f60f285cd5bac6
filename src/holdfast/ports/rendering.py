"""Renders sources into objects, wherever that happens."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.rendering import RenderRequest, RenderResult


class Renderer(Protocol):
    """Raises Blocked whose message names the file, the line and what is wrong; its reason is one of PathNotFound,
    PathEscapes, ValuesFileMissing, ChartInvalid, TemplateError, ManifestInvalid, ManifestTooLarge, KustomizeFailed,
    DependencyMissing, RenderTimeout, RenderOutOfMemory, SourceUnsupported. A render that never ends is killed."""

    async def render(self, request: RenderRequest) -> RenderResult: ...

    async def close(self) -> None: ...
