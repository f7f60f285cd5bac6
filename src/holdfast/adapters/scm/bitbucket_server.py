"""Bitbucket Data Center, formerly Server; from 7.4 on, which has statuses for each repository.

Source: https://developer.atlassian.com/server/bitbucket/rest/ (pull requests, builds)
"""

from __future__ import annotations

from collections.abc import AsyncIterator

from msgspec import Struct, field

from holdfast.adapters.scm.api import MOST_PAGES, PAGE_SIZE, HostApi, quoted
from holdfast.adapters.scm.bitbucket_cloud import build_status
from holdfast.adapters.scm.host import Comment, read_as
from holdfast.model.pull_request import CommitStatus, PullRequest


class _Repository(Struct):
    id: int = 0


class _End(Struct):
    commit: str = field(default="", name="latestCommit")
    name: str = field(default="", name="displayId")
    repository: _Repository | None = None


class _Link(Struct):
    href: str = ""


class _Links(Struct):
    own: list[_Link] | None = field(default=None, name="self")


class _Pull(Struct):
    source: _End = field(name="fromRef")
    target: _End = field(name="toRef")
    state: str = ""
    links: _Links | None = None


class _Comment(Struct):
    id: int
    text: str = ""
    version: int = 0


class _Activity(Struct):
    action: str = ""
    comment: _Comment | None = None
    anchor: dict[str, object] | None = field(default=None, name="commentAnchor")


class _Activities(Struct):
    values: list[_Activity]
    is_last: bool = field(default=True, name="isLastPage")
    next_start: int | None = field(default=None, name="nextPageStart")


class ServerHost:
    async def pull_request(self, api: HostApi, number: int) -> PullRequest:
        pull = read_as((await api.get(_pull(api, number))).json(), _Pull)
        links = (pull.links.own if pull.links else None) or []
        source, target = pull.source.repository or _Repository(), pull.target.repository or _Repository()
        return PullRequest(
            number=number,
            head=pull.source.commit,
            base=pull.target.name,
            is_open=pull.state == "OPEN",
            is_fork=not source.id or source.id != target.id,
            page=links[0].href if links else "",
        )

    async def set_status(self, api: HostApi, pull: PullRequest, status: CommitStatus) -> None:
        path = f"{_place(api)}/commits/{quoted(pull.head)}/builds"
        await api.send("POST", path, build_status(api, pull, status))

    async def comments(self, api: HostApi, number: int) -> AsyncIterator[Comment]:
        """Newest first, as all that has happened to a pull request."""
        start = 0
        for _ in range(MOST_PAGES):
            query = {"limit": PAGE_SIZE, "start": start}
            found = read_as((await api.get(f"{_pull(api, number)}/activities", query)).json(), _Activities)
            for activity in found.values:
                comment = activity.comment
                if activity.action == "COMMENTED" and comment is not None and activity.anchor is None:
                    yield Comment(comment.id, comment.text, comment.version)
            if found.is_last or found.next_start is None:
                return
            start = found.next_start

    async def create(self, api: HostApi, number: int, body: str) -> None:
        await api.send("POST", f"{_pull(api, number)}/comments", {"text": body})

    async def update(self, api: HostApi, number: int, comment: Comment, body: str) -> None:
        """Refused with 409 when somebody else was faster: the next attempt reads the new version."""
        path = f"{_pull(api, number)}/comments/{comment.id}"
        await api.send("PUT", path, {"text": body, "version": comment.version})


def _pull(api: HostApi, number: int) -> str:
    return f"{_place(api)}/pull-requests/{number}"


def _place(api: HostApi) -> str:
    project, _, name = api.repository.path.partition("/")
    return f"projects/{quoted(project)}/repos/{quoted(name)}"
