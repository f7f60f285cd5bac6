"""The payloads of Git hosts, as far as they are read: everything else in them is skipped unseen.

Sources: the webhook documentation of GitHub, GitLab, Bitbucket Cloud, Bitbucket Data Center, Gitea and Azure DevOps.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct, field

from holdfast.model.webhook import RefChange

MOST_FILES = 10_000
GITHUB_MOST_COMMITS = 2048
NO_COMMIT = "0" * 40


class Commit(Struct):
    added: list[str] | None = None
    modified: list[str] | None = None
    removed: list[str] | None = None


class HubRepository(Struct):
    """Of GitHub, Gitea and Gogs."""

    html_url: str = ""
    clone_url: str = ""
    ssh_url: str = ""
    default_branch: str = ""


class HubPush(Struct):
    ref: str = ""
    before: str = ""
    after: str = ""
    forced: bool = False
    created: bool = False
    commits: list[Commit] | None = None
    repository: HubRepository | None = None

    def changes(self) -> list[RefChange]:
        repository = self.repository or HubRepository()
        urls = (repository.html_url, repository.clone_url, repository.ssh_url)
        commits = self.commits or []
        told = bool(commits) and not self.forced and not self.created and len(commits) < GITHUB_MOST_COMMITS
        return [
            RefChange(
                urls=present(urls),
                ref=self.ref,
                after=self.after,
                touched_head=_is_head(self.ref, repository.default_branch),
                files=_files(commits) if told else None,
            )
        ]


class LabProject(Struct):
    web_url: str = ""
    git_http_url: str = ""
    git_ssh_url: str = ""
    default_branch: str = ""


class LabPush(Struct):
    """Of GitLab, for branches and tags. It tells of at most 20 commits, and does not say when a push was forced."""

    ref: str = ""
    after: str = ""
    commits: list[Commit] | None = None
    total_commits_count: int = 0
    project: LabProject | None = None

    def changes(self) -> list[RefChange]:
        project = self.project or LabProject()
        commits = self.commits or []
        told = bool(commits) and self.total_commits_count <= len(commits)
        return [
            RefChange(
                urls=present((project.web_url, project.git_http_url, project.git_ssh_url)),
                ref=self.ref,
                after=self.after,
                touched_head=_is_head(self.ref, project.default_branch),
                files=_files(commits) if told else None,
            )
        ]


class CloudTarget(Struct):
    hash: str = ""


class CloudRef(Struct):
    name: str = ""
    type: str = "branch"
    target: CloudTarget | None = None


class CloudChange(Struct):
    new: CloudRef | None = None
    old: CloudRef | None = None


class CloudPushed(Struct):
    changes: list[CloudChange] | None = None


class Link(Struct):
    href: str = ""


class CloudLinks(Struct):
    html: Link | None = None


class CloudRepository(Struct):
    links: CloudLinks | None = None
    full_name: str = ""

    def urls(self) -> tuple[str, ...]:
        html = self.links.html.href if self.links and self.links.html else ""
        named = f"https://bitbucket.org/{self.full_name}" if self.full_name else ""
        return present((html, named))


class CloudPush(Struct):
    """Of Bitbucket Cloud. It names no files, and not the main branch."""

    push: CloudPushed | None = None
    repository: CloudRepository | None = None

    def changes(self) -> list[RefChange]:
        urls = (self.repository or CloudRepository()).urls()
        found = []
        for change in (self.push.changes if self.push else None) or []:
            ref = change.new or change.old
            if ref is not None:
                after = change.new.target.hash if change.new and change.new.target else ""
                found.append(RefChange(urls=urls, ref=ref.name, after=after))
        return found


class ServerRef(Struct):
    id: str = ""


class ServerChange(Struct):
    ref: ServerRef | None = None
    to_hash: str = field(default="", name="toHash")


class ServerLinks(Struct):
    clone: list[Link] | None = None


class ServerRepository(Struct):
    links: ServerLinks | None = None

    def urls(self) -> tuple[str, ...]:
        return present(link.href for link in (self.links.clone if self.links else None) or [])


class ServerPush(Struct):
    """Of Bitbucket Data Center. It names no files, and not the default branch."""

    changed: list[ServerChange] | None = field(default=None, name="changes")
    repository: ServerRepository | None = None

    def changes(self) -> list[RefChange]:
        urls = self.repository.urls() if self.repository else ()
        changed = self.changed or []
        return [RefChange(urls=urls, ref=it.ref.id, after=it.to_hash) for it in changed if it.ref is not None]


class AzureUpdate(Struct):
    name: str = ""
    new: str = field(default="", name="newObjectId")


class AzureRepository(Struct):
    remote_url: str = field(default="", name="remoteUrl")
    web_url: str = field(default="", name="webUrl")
    ssh_url: str = field(default="", name="sshUrl")
    default_branch: str = field(default="", name="defaultBranch")


class AzureResource(Struct):
    updates: list[AzureUpdate] | None = field(default=None, name="refUpdates")
    repository: AzureRepository | None = None


class AzurePush(Struct):
    event_type: str = field(default="", name="eventType")
    resource: AzureResource | None = None

    def changes(self) -> list[RefChange]:
        resource = self.resource or AzureResource()
        repository = resource.repository or AzureRepository()
        return [
            RefChange(
                urls=present((repository.remote_url,)),
                ref=update.name,
                after=update.new,
                touched_head=_is_head(update.name, repository.default_branch),
            )
            for update in resource.updates or []
        ]


class GenericPush(Struct):
    """Ours, for hosts that have no form of their own: `{"url": …, "ref": …, "commit": …, "files": […]}`."""

    url: str
    ref: str = "HEAD"
    commit: str = ""
    files: list[str] | None = None

    def changes(self) -> list[RefChange]:
        files = tuple(self.files) if self.files is not None else None
        return [RefChange((self.url,), self.ref, after=self.commit, touched_head=self.ref == "HEAD", files=files)]


def present(urls: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(url for url in urls if url))


def _is_head(ref: str, default_branch: str) -> bool:
    """Where nobody says which branch is the default one, it may be this."""
    return not default_branch or bare_ref(ref) == bare_ref(default_branch)


def bare_ref(ref: str) -> str:
    """ "refs/heads/main" and "main" are the same to people."""
    for prefix in ("refs/heads/", "refs/tags/"):
        if ref.startswith(prefix):
            return ref.removeprefix(prefix)
    return ref


def _files(commits: list[Commit]) -> tuple[str, ...] | None:
    lists = (files or () for commit in commits for files in (commit.added, commit.modified, commit.removed))
    found = dict.fromkeys(path for files in lists for path in files)
    return tuple(found) if len(found) <= MOST_FILES else None
