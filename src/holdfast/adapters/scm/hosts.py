"""The hosts behind their port: one session for all, and one comment for each pull request."""

from __future__ import annotations

from typing import Final

from holdfast.adapters.scm.api import HostApi
from holdfast.adapters.scm.azure import AzureHost
from holdfast.adapters.scm.bitbucket_cloud import CloudHost
from holdfast.adapters.scm.bitbucket_server import ServerHost
from holdfast.adapters.scm.gitlab import LabHost
from holdfast.adapters.scm.host import Comment, Host
from holdfast.adapters.scm.hub import HubHost
from holdfast.model.errors import Blocked
from holdfast.model.pull_request import CommitStatus, HostAccess, HostedRepository, Provider, PullRequest
from holdfast.ports.clock import Clock
from holdfast.runtime.bounded_http import BoundedHttp

_HOSTS: Final[dict[Provider, Host]] = {
    Provider.GITHUB: HubHost("per_page"),
    Provider.GITEA: HubHost("limit"),
    Provider.GITLAB: LabHost(),
    Provider.BITBUCKET: CloudHost(),
    Provider.BITBUCKET_SERVER: ServerHost(),
    Provider.AZURE: AzureHost(),
}
_NOT_OURS: Final = frozenset({"HostForbidden", "HostNotFound"})


class Hosts:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._http = BoundedHttp(at_once=16, at_once_per_host=4)

    async def pull_request(self, repository: HostedRepository, access: HostAccess, number: int) -> PullRequest:
        pull = await _HOSTS[repository.provider].pull_request(self._api(repository, access), number)
        if not pull.head or not pull.base:
            raise Blocked(
                "HostRefused", f"{repository.path}: pull request {number} has no commit, or no branch to go to"
            )
        return pull

    async def set_status(
        self, repository: HostedRepository, access: HostAccess, pull: PullRequest, status: CommitStatus
    ) -> None:
        await _HOSTS[repository.provider].set_status(self._api(repository, access), pull, status)

    async def put_comment(
        self, repository: HostedRepository, access: HostAccess, number: int, body: str, marker: str, *, make: bool
    ) -> None:
        """A comment of somebody else who has copied the marker cannot be changed: then the next one is looked for."""
        host, api = _HOSTS[repository.provider], self._api(repository, access)
        async for comment in host.comments(api, number):
            if not is_marked(comment, marker):
                continue
            if _lines(comment.body) == _lines(body):
                return
            try:
                await host.update(api, number, comment, body)
            except Blocked as blocked:
                if blocked.reason not in _NOT_OURS:
                    raise
                continue
            return
        if make:
            await host.create(api, number, body)

    async def close(self) -> None:
        await self._http.close()

    def _api(self, repository: HostedRepository, access: HostAccess) -> HostApi:
        return HostApi(self._http, repository, access, self._clock)


def is_marked(comment: Comment, marker: str) -> bool:
    """A comment that quotes ours does not begin with the marker."""
    return _lines(comment.body)[:1] == [marker]


def _lines(text: str) -> list[str]:
    """Hosts write ends of lines, and drop what is blank at the end, as they like."""
    return text.rstrip().splitlines()
