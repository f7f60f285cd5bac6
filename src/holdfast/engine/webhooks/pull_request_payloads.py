"""What webhooks say of pull requests, as far as it is read: which one of which repository.

Sources: the webhook documentation of GitHub (`pull_request`), GitLab (merge request events), Bitbucket Cloud
(`pullrequest:*`), Bitbucket Data Center (`pr:*`), Gitea and Azure DevOps (`git.pullrequest.*`).
"""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

from holdfast.engine.webhooks.git_payloads import (
    AzureRepository,
    CloudRepository,
    HubRepository,
    LabProject,
    ServerRepository,
    present,
)
from holdfast.model.pull_request import Provider, PullRequestChange

LARGEST_NUMBER: Final = 2**53
HUB_ACTIONS: Final = frozenset({"opened", "synchronize", "synchronized", "reopened", "edited", "closed"})
"""`edited` may be another base branch; Gitea writes a push with a "d"."""

LAB_ACTIONS: Final = frozenset({"open", "update", "reopen", "close", "merge"})


class HubPull(Struct):
    """Of GitHub and Gitea."""

    action: str = ""
    number: int = 0
    repository: HubRepository | None = None

    def changes_at(self, provider: Provider) -> tuple[PullRequestChange, ...]:
        if self.action not in HUB_ACTIONS:
            return ()
        repository = self.repository or HubRepository()
        return _change(provider, (repository.html_url, repository.clone_url, repository.ssh_url), self.number)


class LabAttributes(Struct):
    iid: int = 0
    action: str = ""


class LabMerge(Struct):
    """Of GitLab: `iid` counts within the project."""

    project: LabProject | None = None
    attributes: LabAttributes | None = field(default=None, name="object_attributes")

    def changes(self) -> tuple[PullRequestChange, ...]:
        said, project = self.attributes or LabAttributes(), self.project or LabProject()
        if said.action not in LAB_ACTIONS:
            return ()
        return _change(Provider.GITLAB, (project.web_url, project.git_http_url, project.git_ssh_url), said.iid)


class Numbered(Struct):
    id: int = 0


class CloudPull(Struct):
    """Of Bitbucket Cloud."""

    pull: Numbered | None = field(default=None, name="pullrequest")
    repository: CloudRepository | None = None

    def changes(self) -> tuple[PullRequestChange, ...]:
        repository = self.repository or CloudRepository()
        return _change(Provider.BITBUCKET, repository.urls(), self.pull.id if self.pull else 0)


class ServerProject(Struct):
    key: str = ""


class ServerTarget(ServerRepository):
    slug: str = ""
    project: ServerProject | None = None


class ServerEnd(Struct):
    repository: ServerTarget | None = None


class ServerRequest(Struct):
    id: int = 0
    to: ServerEnd | None = field(default=None, name="toRef")


class ServerPull(Struct):
    """Of Bitbucket Data Center. Many a version leaves out the addresses of the repository: then its place is told
    without a host, as "/PROJECT/repository"."""

    pull: ServerRequest | None = field(default=None, name="pullRequest")

    def changes(self) -> tuple[PullRequestChange, ...]:
        pull = self.pull or ServerRequest()
        target = (pull.to.repository if pull.to else None) or ServerTarget()
        project = target.project.key if target.project else ""
        place = f"/{project}/{target.slug}" if project and target.slug else ""
        return _change(Provider.BITBUCKET_SERVER, (*target.urls(), place), pull.id)


class AzureRequest(Struct):
    number: int = field(default=0, name="pullRequestId")
    repository: AzureRepository | None = None


class AzurePull(Struct):
    """Of Azure DevOps. `git.pullrequest.merged` is a merge that was tried, which changes nothing by itself."""

    resource: AzureRequest | None = None

    def changes(self) -> tuple[PullRequestChange, ...]:
        said = self.resource or AzureRequest()
        repository = said.repository or AzureRepository()
        return _change(Provider.AZURE, (repository.remote_url, repository.web_url, repository.ssh_url), said.number)


def _change(provider: Provider, urls: tuple[str, ...], number: int) -> tuple[PullRequestChange, ...]:
    known = present(urls)
    if not known or not 0 < number <= LARGEST_NUMBER:
        return ()
    return (PullRequestChange(provider, known, number),)
