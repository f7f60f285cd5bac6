"""A folder of this machine in the place of a repository, so that what is not committed yet can be rendered."""

from __future__ import annotations

from pathlib import Path

import msgspec

from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.engine.access.repository_urls import normalized_url
from holdfast.engine.flow import spec
from holdfast.model.application import Application
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.kube import KubeObject, name_of
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.sources import Repositories

REVISION = "0" * 40
"""What stands where a commit would: nothing is committed."""


class WorkingCopy:
    """A Repositories port. All other repositories are those of `others`."""

    def __init__(self, others: Repositories, folder: Path, app: KubeObject) -> None:
        self._others = others
        self._folder = folder.resolve()
        of_git = [one for one in spec.sources_of(msgspec.convert(app, Application)) if not spec.is_packed(one)]
        if not of_git:
            raise Blocked(
                "LocalFolder", f"{name_of(app)} has no source in a Git repository that --local could stand for"
            )
        self._url = normalized_url(of_git[0].repo_url)

    async def resolve(
        self, access: RepositoryAccess, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        if self._is_ours(access):
            return REVISION
        return await self._others.resolve(access, target_revision, tag_prefix=tag_prefix, fresh=fresh)

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        if self._is_ours(access):
            return TreeLocation(str(self._folder), commit)
        return await self._others.fetch(access, commit)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        return access if self._is_ours(access) else await self._others.opened(access)

    def open(self, location: TreeLocation) -> FileTree:
        ours = location.repository == str(self._folder)
        return open_local_tree(location) if ours else self._others.open(location)

    def _is_ours(self, access: RepositoryAccess) -> bool:
        return normalized_url(access.url) == self._url
