"""Repositories whose commits are signed, for what a project says about signatures."""

from __future__ import annotations

from holdfast.model.filetree import TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.model.signature import KnownKeys, Signature
from holdfast.testing.memory_repositories import MemoryRepositories


class SignedRepositories(MemoryRepositories):
    """Every commit is signed by `key`, by none where it is empty; those of `unsigned` by nobody."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.known: list[KnownKeys] = []
        self.unsigned: set[str] = set()

    async def signature(self, location: TreeLocation, keys: KnownKeys) -> Signature:
        self.known.append(keys)
        is_signed = self.key and location.commit not in self.unsigned
        return Signature(key=self.key) if is_signed else Signature(problem="it is not signed")

    async def history(
        self, access: RepositoryAccess, location: TreeLocation, since: tuple[str, ...], most: int
    ) -> tuple[str, ...]:
        commits = self.commits()
        ends = [commits.index(one) + 1 for one in since if one in commits]
        return tuple(reversed(commits[max(ends, default=0) : commits.index(location.commit) + 1]))[: most + 1]
