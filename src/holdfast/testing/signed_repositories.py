"""Repositories whose commits are signed, for what a project says about signatures."""

from __future__ import annotations

from holdfast.model.filetree import TreeLocation
from holdfast.model.signature import KnownKeys, Signature
from holdfast.testing.memory_repositories import MemoryRepositories


class SignedRepositories(MemoryRepositories):
    """Every commit is signed by `key`; by none where it is empty."""

    def __init__(self, key: str) -> None:
        super().__init__()
        self.key = key
        self.known: list[KnownKeys] = []

    async def signature(self, location: TreeLocation, keys: KnownKeys) -> Signature:
        self.known.append(keys)
        return Signature(key=self.key) if self.key else Signature(problem="it is not signed")
