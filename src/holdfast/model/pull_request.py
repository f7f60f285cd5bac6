"""Pull requests (GitLab: merge requests) at the hosts of repositories, and what is told on them."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from holdfast.model.repository import RepositoryAccess


class Provider(StrEnum):
    """Whose API a host speaks. GitHub Enterprise is GitHub; Forgejo is Gitea; `bitbucket-server` is Data Center;
    `azure` is Azure DevOps, Services and Server."""

    GITHUB = "github"
    GITLAB = "gitlab"
    BITBUCKET = "bitbucket"
    BITBUCKET_SERVER = "bitbucket-server"
    GITEA = "gitea"
    AZURE = "azure"


class HostedRepository(Struct, frozen=True):
    """`api` is the address of the API without a closing "/"; `path` the repository's place on the host, such as
    "team/web", "group/subgroup/web", at Bitbucket Data Center "PROJECT/web", or at Azure DevOps
    "organization/project/web"."""

    provider: Provider
    api: str
    path: str


class PullRequest(Struct, frozen=True):
    """As the host tells it. `head` is the full id of the newest commit; `page` is its address for people. `is_fork`:
    the branch lies in another repository than the one it is to be merged into."""

    number: int
    head: str
    base: str
    is_open: bool = True
    is_fork: bool = False
    page: str = ""


class PullRequestChange(Struct, frozen=True):
    """What a webhook says: look at this pull request. `urls` are the addresses of the repository it is to be merged into.

    What it says of revisions is not believed: whoever works on it asks the host.
    """

    provider: Provider
    urls: tuple[str, ...]
    number: int


class StatusState(StrEnum):
    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"


class CommitStatus(Struct, frozen=True):
    """`context` is what the statuses of a commit are told apart by; `page` an address for people."""

    state: StatusState
    description: str
    context: str
    page: str = ""


class HostAccess(Struct, frozen=True):
    """What opens the API of a host: `repository` brings authorities, proxy and the credentials of the repository;
    `token` (with `username`: as its password) goes before those. Never shown."""

    repository: RepositoryAccess
    token: str = ""
    username: str = ""

    def __repr__(self) -> str:
        return f"HostAccess(url={self.repository.url!r})"


class PreviewSettings(Struct, frozen=True):
    """How pull requests of one repository are to be previewed. `provider` and `api` are "" where the address of the
    repository tells them. Never shown."""

    enabled: bool = False
    forks: bool = False
    context: str = "holdfast/preview"
    provider: str = ""
    api: str = ""
    token: str = ""
    username: str = ""

    def __repr__(self) -> str:
        return f"PreviewSettings(enabled={self.enabled!r}, context={self.context!r})"
