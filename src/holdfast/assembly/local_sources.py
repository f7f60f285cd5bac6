"""A folder on this machine in the place of an Application's repository: for `app diff --local`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from holdfast.adapters.charts.sources import ChartSources
from holdfast.adapters.charts.values_files import HttpValuesFiles
from holdfast.adapters.credentials.sign_in import SignIn
from holdfast.adapters.rendering.local_tree import LocalTree, open_local_tree
from holdfast.adapters.rendering.pool import RenderPool
from holdfast.assembly.engine_process import Sources
from holdfast.assembly.places import DataPlace
from holdfast.assembly.source_trees import open_source_tree
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import PluginPlaces
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock

REVISION = "local"


class LocalRepositories:
    """A Repositories in which every repository is one folder."""

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()  # workers have folders of their own

    async def resolve(
        self, access: RepositoryAccess, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        return REVISION

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        return TreeLocation(str(self._root), commit)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        return access

    def open(self, location: TreeLocation) -> LocalTree:
        return open_local_tree(location)


@asynccontextmanager
async def local_sources(place: DataPlace, root: Path, plugins: PluginPlaces) -> AsyncIterator[Sources]:
    """No render is cached, as files change without a commit."""
    renderer = RenderPool(open_local_tree, workers=1, tools=place.tools, plugins=plugins)
    charts = ChartSources(
        place.charts, clock=SystemClock(), open_tree=open_source_tree, sign_in=SignIn(SystemClock()).opened_charts
    )
    values_files = HttpValuesFiles(SystemClock())
    try:
        yield Sources(LocalRepositories(root), charts, renderer, values_files)
    finally:
        await renderer.close()
        await charts.close()
        await values_files.close()


def path_within(root: Path, folder: Path) -> str:
    """The path of a source whose files lie in `folder`. Raises Blocked."""
    for place in (root, folder):
        if not place.is_dir():
            raise Blocked("FolderNotFound", f"there is no folder {place}")
    try:
        return folder.resolve().relative_to(root.resolve()).as_posix()
    except ValueError as error:
        raise Blocked("FolderOutside", f"{folder} is not inside of {root}, the root of the repository") from error
