"""Where packed sources come from: Helm repositories and OCI registries."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.repository import RepositoryAccess


class Charts(Protocol):
    """Each chart or artifact fetched once for all that use it, checked by its digest.

    `chart` is "" for a plain OCI artifact: its URL says all. Raises Blocked with reason ChartNotFound, RevisionNotFound,
    AuthenticationFailed, CertificateUntrusted, RepositoryURLInvalid, ChartDamaged, ChartTooLarge, SourceUnsupported, and
    Transient with reason RepositoryUnreachable or RepositoryTimeout.
    """

    async def resolve(
        self, access: RepositoryAccess, chart: str, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        """The version that a version or range means now; for a plain artifact the digest that a tag means now.

        With `tag_prefix` only tags of a registry that begin with it count, and what follows it is the version; it is part
        of the answer, too. The index of a Helm repository has no tags: there it says nothing.
        """
        ...

    async def fetch(self, access: RepositoryAccess, chart: str, revision: str) -> TreeLocation:
        """Makes sure that it is on disk, unpacked: the root of the tree is the chart, or the artifact's folder."""
        ...

    def open(self, location: TreeLocation) -> FileTree: ...
