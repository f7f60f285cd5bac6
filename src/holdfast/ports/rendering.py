"""Renders sources into objects, wherever that happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from holdfast.model.filetree import TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import RenderRequest, RenderResult


class Renderer(Protocol):
    """Raises Blocked whose message names the file, the line and what is wrong; its reason is one of PathNotFound,
    PathEscapes, ValuesFileMissing, ChartInvalid, TemplateError, ManifestInvalid, ManifestTooLarge, KustomizeFailed,
    DependencyMissing, RenderTimeout, RenderOutOfMemory, SourceUnsupported, PluginNotFound, PluginFailed, PluginInvalid;
    and Transient with reason PluginUnavailable. A render that never ends is killed."""

    async def render(self, request: RenderRequest) -> RenderResult: ...

    async def close(self) -> None: ...


@runtime_checkable
class ChangeAware(Protocol):
    """A renderer that remembers what its renders have read."""

    async def unchanged(
        self, apps: Mapping[NamespacedName, str], location: TreeLocation
    ) -> Mapping[NamespacedName, bool]:
        """Whether all that the sources of each application read of this repository, at the commit given with it, reads the
        same at `location`. Those are left out for which that is not known; for it to be known, every source must have
        been rendered."""
        ...


@runtime_checkable
class Sharing(Protocol):
    """A renderer whose workers and cache can serve somebody else, too."""

    def apart(self) -> Renderer:
        """Renders as this one does, and leaves what this one remembers alone; it is not to be closed."""
        ...
