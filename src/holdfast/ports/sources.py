"""Where desired files come from."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from holdfast.model.filetree import FileTree, TreeLocation


class RepositoryAccess(Struct, frozen=True):
    """A repository and what opens it. Secrets are never shown: no repr, no message holds them.

    `ssh_known_hosts` is the text of known_hosts lines that are trusted for it; an unknown host is always refused
    unless `insecure`.
    """

    url: str
    ssh_private_key: str = ""
    username: str = ""
    password: str = ""
    bearer_token: str = ""
    ssh_known_hosts: str = ""
    tls_client_cert: str = ""
    tls_client_key: str = ""
    ca_certificates: str = ""
    insecure: bool = False
    proxy: str = ""

    def __repr__(self) -> str:
        return f"RepositoryAccess(url={self.url!r})"


class Repositories(Protocol):
    """Git repositories, each fetched once for all of its applications.

    Raises Blocked with reason RepositoryNotFound, AuthenticationFailed, HostKeyUnknown, HostKeyChanged,
    RevisionNotFound, RepositoryURLInvalid, and Transient with reason RepositoryUnreachable or RepositoryTimeout.
    """

    async def resolve(self, access: RepositoryAccess, target_revision: str) -> str:
        """The full commit id that a branch, tag, commit (full or short), "HEAD", "" or semver range means now."""
        ...

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        """Makes sure that the commit's objects are on disk."""
        ...

    def open(self, location: TreeLocation) -> FileTree: ...
