"""Hosts of repositories in memory: pull requests that a test opens, and what is told on them."""

from __future__ import annotations

import asyncio

from msgspec import Struct, field, structs

from holdfast.model.errors import Blocked, HoldfastError
from holdfast.model.pull_request import CommitStatus, HostAccess, HostedRepository, PullRequest, StatusState


class Told(Struct):
    """What stands at one pull request. `comments` holds every text that a comment has had."""

    comments: list[list[str]] = field(default_factory=list)
    statuses: list[tuple[str, StatusState, str]] = field(default_factory=list)

    @property
    def states(self) -> list[StatusState]:
        return [state for _, state, _ in self.statuses]


class MemoryHosts:
    """`failures` are raised, in turn, by the next questions; `held` lets no status be told until it is set."""

    def __init__(self) -> None:
        self.told: dict[tuple[str, int], Told] = {}
        self.tokens: set[str] = set()
        self.failures: list[HoldfastError] = []
        self.held: asyncio.Event | None = None
        self.asked = 0
        self._pulls: dict[tuple[str, int], PullRequest] = {}

    def open(self, path: str, number: int, head: str, base: str = "main", *, is_fork: bool = False) -> None:
        self._pulls[path, number] = PullRequest(
            number, head, base, is_fork=is_fork, page=f"https://host/{path}/{number}"
        )

    def push(self, path: str, number: int, head: str) -> None:
        self._pulls[path, number] = structs.replace(self._pulls[path, number], head=head)

    def close_pull(self, path: str, number: int) -> None:
        self._pulls[path, number] = structs.replace(self._pulls[path, number], is_open=False)

    def at(self, path: str, number: int) -> Told:
        return self.told.setdefault((path, number), Told())

    async def pull_request(self, repository: HostedRepository, access: HostAccess, number: int) -> PullRequest:
        self._ask(access)
        if (repository.path, number) not in self._pulls:
            raise Blocked("HostNotFound", f"{repository.path} has no pull request {number}")
        return self._pulls[repository.path, number]

    async def set_status(
        self, repository: HostedRepository, access: HostAccess, pull: PullRequest, status: CommitStatus
    ) -> None:
        self._ask(access)
        if self.held is not None:
            await self.held.wait()
        self.at(repository.path, pull.number).statuses.append((pull.head, status.state, status.description))

    async def put_comment(
        self, repository: HostedRepository, access: HostAccess, number: int, body: str, marker: str, *, make: bool
    ) -> None:
        self._ask(access)
        comments = self.at(repository.path, number).comments
        for comment in comments:
            if comment[-1].startswith(marker):
                comment.append(body)
                return
        if make:
            comments.append([body])

    def _ask(self, access: HostAccess) -> None:
        self.asked += 1
        self.tokens.add(access.token)
        if self.failures:
            raise self.failures.pop(0)
