"""The hosts of repositories, where a pull request is read about and told on."""

from __future__ import annotations

from typing import Protocol

from holdfast.model.pull_request import CommitStatus, HostAccess, HostedRepository, PullRequest


class PullRequestHosts(Protocol):
    """Raises Blocked with reason HostAuthenticationFailed, HostForbidden, HostNotFound or HostRefused, Transient with
    reason HostUnreachable, and TooManyRequests with how long to wait."""

    async def pull_request(self, repository: HostedRepository, access: HostAccess, number: int) -> PullRequest: ...

    async def set_status(
        self, repository: HostedRepository, access: HostAccess, pull: PullRequest, status: CommitStatus
    ) -> None:
        """On the head of the pull request."""
        ...

    async def put_comment(
        self, repository: HostedRepository, access: HostAccess, number: int, body: str, marker: str, *, make: bool
    ) -> None:
        """Has one comment with `marker`, a line that no person sees, say `body`; one that says so already is left alone.
        Without `make` none is made where there is none."""
        ...
