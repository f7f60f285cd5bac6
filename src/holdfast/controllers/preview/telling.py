"""Tells a preview at the host: a status of the commit, and one comment that is kept up to date."""

from __future__ import annotations

from holdfast.engine.preview import comment, verdict
from holdfast.model.preview import Preview
from holdfast.model.pull_request import CommitStatus, HostAccess, HostedRepository, PullRequest, StatusState
from holdfast.ports.pull_requests import PullRequestHosts


class Telling:
    """Every method raises what the host says. The comment goes before the status: who sees the one finds the other."""

    def __init__(self, hosts: PullRequestHosts, repository: HostedRepository, access: HostAccess, context: str) -> None:
        self._hosts = hosts
        self._repository = repository
        self._access = access
        self._context = context

    async def begun(self, pull: PullRequest) -> None:
        await self._status(pull, StatusState.PENDING, "is being previewed")

    async def done(self, pull: PullRequest, preview: Preview) -> None:
        """Where nothing changes, only a comment that is there already says so."""
        body = comment.comment(preview, comment.FLAVORS[self._repository.provider], self._context)
        await self._comment(pull, body, make=not preview.is_empty)
        await self._status(pull, verdict.state(preview), verdict.sentence(preview))

    async def failed(self, pull: PullRequest, reason: str, message: str) -> None:
        await self._comment(pull, comment.failure(pull.head, message, self._context), make=True)
        await self._status(pull, StatusState.FAILURE, f"cannot be previewed: {reason}")

    async def _comment(self, pull: PullRequest, body: str, *, make: bool) -> None:
        marker = comment.marker(self._context)
        await self._hosts.put_comment(self._repository, self._access, pull.number, body, marker, make=make)

    async def _status(self, pull: PullRequest, state: StatusState, sentence: str) -> None:
        status = CommitStatus(state, sentence, self._context, pull.page)
        await self._hosts.set_status(self._repository, self._access, pull, status)
