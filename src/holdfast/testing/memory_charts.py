"""Charts and artifacts that live in memory, for tests and simulations."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.engine.lang import semver
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.testing.memory_repositories import MemoryTree

_FOLDER = "memory-chart:"


class MemoryCharts:
    """A Charts port. The name of a plain artifact is ""; its only revision that moves is "main"."""

    def __init__(self) -> None:
        self.asked: list[RepositoryAccess] = []
        self.fresh: list[bool] = []
        self._trees: dict[TreeLocation, MemoryTree] = {}
        self._newest: dict[str, str] = {}

    def publish(self, url: str, chart: str, version: str, files: Mapping[str, str]) -> None:
        location = _location(url, chart, version)
        self._trees[location] = MemoryTree(files, version)
        self._newest[location.repository] = version

    def holds(self, location: TreeLocation) -> bool:
        return location.repository.startswith(_FOLDER)

    async def resolve(
        self, access: RepositoryAccess, chart: str, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        self.asked.append(access)
        self.fresh.append(fresh)
        place = _location(access.url, chart, "").repository
        versions = [location.commit for location in self._trees if location.repository == place]
        if target_revision in versions:
            return target_revision
        if not chart and target_revision == "main" and place in self._newest:
            return self._newest[place]
        found = semver.highest_tag(versions, target_revision or "*", tag_prefix)
        if found is None:
            raise Blocked("RevisionNotFound", f"{access.url} has no {chart} {target_revision}")
        return found

    async def fetch(self, access: RepositoryAccess, chart: str, revision: str) -> TreeLocation:
        location = _location(access.url, chart, revision)
        if location not in self._trees:
            raise Blocked("ChartNotFound", f"{access.url} has no {chart} {revision}")
        return location

    def open(self, location: TreeLocation) -> FileTree:
        return self._trees[location]


def _location(url: str, chart: str, version: str) -> TreeLocation:
    return TreeLocation(f"{_FOLDER}{url} {chart}", version)
