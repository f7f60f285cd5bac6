"""Repositories that fail: unreachable, slow, moved while somebody looks, rewritten or replaced, by a seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from random import Random
from typing import TypeAlias, TypeVar

from msgspec import Struct

from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.repository import RepositoryAccess
from holdfast.ports.clock import Clock
from holdfast.testing.memory_repositories import MemoryRepositories

T = TypeVar("T")

LONGEST_DELAY = 40.0

Ask: TypeAlias = Callable[[], Awaitable[T]]


class GitFault(Struct, frozen=True):
    """`before` delays the question, `after` the answer, so that the branch may move meanwhile; `fails` raises."""

    name: str
    share: float
    before: bool = False
    after: bool = False
    fails: Callable[[str], Exception] | None = None


def _unreachable(url: str) -> Exception:
    return Transient("RepositoryUnreachable", f"{url}: the connection was refused")


def _timed_out(url: str) -> Exception:
    return Transient("RepositoryTimeout", f"{url}: no answer in time")


def _not_found(url: str) -> Exception:
    return Blocked("RepositoryNotFound", f"repository {url} does not exist")


GIT_FAULTS = (
    GitFault("the repository is unreachable", 0.08, fails=_unreachable),
    GitFault("the repository times out", 0.04, before=True, fails=_timed_out),
    GitFault("the repository is slow", 0.08, before=True),
    GitFault("the ref moves while it is fetched", 0.08, after=True),
    GitFault("the repository is being replaced", 0.02, fails=_not_found),
)


class FaultyRepositories:
    """Implements ports.sources.Repositories over repositories in memory; faults occur until `stops_at`."""

    def __init__(
        self,
        inner: MemoryRepositories,
        *,
        random: Random,
        clock: Clock,
        faults: tuple[GitFault, ...] = GIT_FAULTS,
        strength: float = 1.0,
        stops_at: float = float("inf"),
    ) -> None:
        self.occurred: dict[str, int] = {}
        self._inner = inner
        self._random = random
        self._clock = clock
        self._faults = faults
        self._strength = strength
        self._stops_at = stops_at
        self._lost: set[str] = set()

    def lose(self, *commits: str) -> None:
        """A push with force, or a new repository in the old one's place: these commits cannot be had any more."""
        self._lost.update(commits)

    async def resolve(
        self, access: RepositoryAccess, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        if target_revision in self._lost:
            raise Blocked("RevisionNotFound", f"{access.url} has no revision {target_revision}")
        return await self._spoiled(
            access.url, lambda: self._inner.resolve(access, target_revision, tag_prefix=tag_prefix)
        )

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        async def ask() -> TreeLocation:
            if commit in self._lost:
                raise Blocked("RevisionNotFound", f"{access.url} has no commit {commit}")
            return await self._inner.fetch(access, commit)

        return await self._spoiled(access.url, ask)

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        return await self._inner.opened(access)

    def open(self, location: TreeLocation) -> FileTree:
        return self._inner.open(location)

    async def _spoiled(self, url: str, ask: Ask[T]) -> T:
        fault = self._chosen()
        if fault is None:
            return await ask()
        self.occurred[fault.name] = self.occurred.get(fault.name, 0) + 1
        if fault.before:
            await self._pause()
        if fault.fails is not None:
            raise fault.fails(url)
        answer = await ask()
        if fault.after:
            await self._pause()
        return answer

    def _chosen(self) -> GitFault | None:
        drawn = self._random.random()
        if self._clock.monotonic() >= self._stops_at:
            return None
        for fault in self._faults:
            drawn -= fault.share * self._strength
            if drawn < 0:
                return fault
        return None

    async def _pause(self) -> None:
        await self._clock.sleep(self._random.uniform(0.0, LONGEST_DELAY))
