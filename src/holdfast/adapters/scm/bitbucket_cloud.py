"""Bitbucket Cloud.

Source: https://developer.atlassian.com/cloud/bitbucket/rest/ (pullrequests, commit-statuses)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Final

from msgspec import Struct

from holdfast.adapters.scm.api import MOST_PAGES, PAGE_SIZE, HostApi, quoted
from holdfast.adapters.scm.host import Comment, is_same_name, read_as
from holdfast.model.pull_request import CommitStatus, PullRequest, StatusState

MOST_DESCRIPTION: Final = 255
FULL: Final = 40
STATES: Final = {
    StatusState.PENDING: "INPROGRESS",
    StatusState.SUCCESS: "SUCCESSFUL",
    StatusState.FAILURE: "FAILED",
}


class _Commit(Struct):
    hash: str = ""


class _Branch(Struct):
    name: str = ""


class _Repository(Struct):
    full_name: str = ""


class _End(Struct):
    commit: _Commit | None = None
    branch: _Branch | None = None
    repository: _Repository | None = None


class _Link(Struct):
    href: str = ""


class _Links(Struct):
    html: _Link | None = None


class _Pull(Struct):
    source: _End
    destination: _End
    state: str = ""
    links: _Links | None = None


class _Content(Struct):
    raw: str | None = None


class _Comment(Struct):
    id: int
    content: _Content | None = None
    deleted: bool = False


class _Comments(Struct):
    values: list[_Comment]
    next: str = ""


class CloudHost:
    async def pull_request(self, api: HostApi, number: int) -> PullRequest:
        pull = read_as((await api.get(f"{_place(api)}/pullrequests/{number}")).json(), _Pull)
        source, target = pull.source.repository or _Repository(), pull.destination.repository or _Repository()
        is_fork = not is_same_name(source.full_name, target.full_name)
        short = pull.source.commit.hash if pull.source.commit else ""
        return PullRequest(
            number=number,
            head=short if is_fork else await self._full(api, short),
            base=pull.destination.branch.name if pull.destination.branch else "",
            is_open=pull.state == "OPEN",
            is_fork=is_fork,
            page=pull.links.html.href if pull.links and pull.links.html else "",
        )

    async def _full(self, api: HostApi, short: str) -> str:
        """A pull request names the first 12 digits of its commit alone."""
        if not short or len(short) == FULL:
            return short
        return read_as((await api.get(f"{_place(api)}/commit/{quoted(short)}")).json(), _Commit).hash

    async def set_status(self, api: HostApi, pull: PullRequest, status: CommitStatus) -> None:
        """It wants an address: without one of ours that is the pull request's."""
        body = build_status(api, pull, status)
        await api.send("POST", f"{_place(api)}/commit/{quoted(pull.head)}/statuses/build", body)

    async def comments(self, api: HostApi, number: int) -> AsyncIterator[Comment]:
        for page in range(1, MOST_PAGES + 1):
            query = {"pagelen": PAGE_SIZE, "page": page}
            found = read_as((await api.get(f"{_place(api)}/pullrequests/{number}/comments", query)).json(), _Comments)
            for comment in found.values:
                if not comment.deleted:
                    yield Comment(comment.id, (comment.content.raw if comment.content else None) or "")
            if not found.next:
                return

    async def create(self, api: HostApi, number: int, body: str) -> None:
        await api.send("POST", f"{_place(api)}/pullrequests/{number}/comments", {"content": {"raw": body}})

    async def update(self, api: HostApi, number: int, comment: Comment, body: str) -> None:
        path = f"{_place(api)}/pullrequests/{number}/comments/{comment.id}"
        await api.send("PUT", path, {"content": {"raw": body}})


def build_status(api: HostApi, pull: PullRequest, status: CommitStatus) -> dict[str, Any]:
    """Of Data Center as well."""
    return {
        "key": status.context,
        "name": status.context,
        "state": STATES[status.state],
        "description": status.description[:MOST_DESCRIPTION],
        "url": status.page or pull.page or api.repository.api,
    }


def _place(api: HostApi) -> str:
    return f"repositories/{quoted(api.repository.path)}"
