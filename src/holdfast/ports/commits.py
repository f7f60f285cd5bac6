"""Who made a commit, from repositories that can tell."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from holdfast.model.filetree import TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.model.signature import KnownKeys, Signature


@runtime_checkable
class CommitPeople(Protocol):
    def people(self, location: TreeLocation) -> tuple[str, ...]:
        """The e-mail addresses of the author and the committer of a commit that is on disk."""
        ...


@runtime_checkable
class CommitSignatures(Protocol):
    async def signature(self, location: TreeLocation, keys: KnownKeys) -> Signature:
        """Who signed a commit that is on disk. Raises Blocked SignatureToolMissing."""
        ...

    async def history(
        self, access: RepositoryAccess, location: TreeLocation, since: tuple[str, ...], most: int
    ) -> tuple[str, ...]:
        """The commits that a commit on disk is made of and none of `since`, newest first, all of them on disk; of more than
        `most` one more than that. Of `since` those do not count that nobody knows.

        Raises what a fetch raises, and Blocked HistoryIncomplete."""
        ...
