"""Where desired files come from."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.repository import RepositoryAccess as RepositoryAccess


class Repositories(Protocol):
    """Git repositories, each fetched once for all of its applications.

    Raises Blocked with reason RepositoryNotFound, AuthenticationFailed, HostKeyUnknown, HostKeyChanged,
    CertificateUntrusted, RevisionNotFound, RepositoryURLInvalid, GitMissing, and Transient with reason
    RepositoryUnreachable, RepositoryTimeout, RepositoryDamaged or DiskFull.
    """

    async def resolve(
        self, access: RepositoryAccess, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        """The full commit id that a branch, tag, commit (full or short), "HEAD", "" or semver range means now.

        With `tag_prefix` a version or range looks only at tags that begin with it, and reads what follows as the version.
        With `fresh` the repository is asked after this call; without it an answer of a moment ago may serve.
        """
        ...

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        """Makes sure that the commit's objects are on disk."""
        ...

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        """The access as any git understands it: with a token that ends soon in the place of a GitHub App's key."""
        ...

    def open(self, location: TreeLocation) -> FileTree: ...
