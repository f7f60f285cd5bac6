"""GitHub and GitHub Enterprise, and Gitea and Forgejo, which have taken over the form of its API.

Sources: https://docs.github.com/en/rest (pulls, issues/comments, commits/statuses), https://docs.gitea.com/api
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from msgspec import Struct

from holdfast.adapters.scm.api import MOST_PAGES, PAGE_SIZE, HostApi, quoted
from holdfast.adapters.scm.host import Comment, is_same_name, items, read_as
from holdfast.model.pull_request import CommitStatus, PullRequest

MOST_DESCRIPTION: Final = 140


class _Repository(Struct):
    full_name: str = ""


class _End(Struct):
    ref: str = ""
    sha: str = ""
    repo: _Repository | None = None


class _Pull(Struct):
    head: _End
    base: _End
    state: str = ""
    html_url: str = ""


class _Comment(Struct):
    id: int
    body: str | None = None


class HubHost:
    """`page_size` is the name of the parameter for the number of items on a page."""

    def __init__(self, page_size: str) -> None:
        self._page_size = page_size

    async def pull_request(self, api: HostApi, number: int) -> PullRequest:
        pull = read_as((await api.get(f"{_place(api)}/pulls/{number}")).json(), _Pull)
        source, target = pull.head.repo or _Repository(), pull.base.repo or _Repository()
        return PullRequest(
            number=number,
            head=pull.head.sha,
            base=pull.base.ref,
            is_open=pull.state == "open",
            is_fork=not is_same_name(source.full_name, target.full_name),
            page=pull.html_url,
        )

    async def set_status(self, api: HostApi, pull: PullRequest, status: CommitStatus) -> None:
        body = {
            "state": status.state.value,
            "context": status.context,
            "description": status.description[:MOST_DESCRIPTION],
            "target_url": status.page,
        }
        await api.send("POST", f"{_place(api)}/statuses/{quoted(pull.head)}", body)

    async def comments(self, api: HostApi, number: int) -> AsyncIterator[Comment]:
        """Gitea of some versions has one page alone, whatever page is asked for, and then links to no next one."""
        for page in range(1, MOST_PAGES + 1):
            answer = await api.get(
                f"{_place(api)}/issues/{number}/comments", {self._page_size: PAGE_SIZE, "page": page}
            )
            for item in items(answer.json()):
                comment = read_as(item, _Comment)
                yield Comment(comment.id, comment.body or "")
            if 'rel="next"' not in answer.headers.get("link", ""):
                return

    async def create(self, api: HostApi, number: int, body: str) -> None:
        await api.send("POST", f"{_place(api)}/issues/{number}/comments", {"body": body})

    async def update(self, api: HostApi, number: int, comment: Comment, body: str) -> None:
        await api.send("PATCH", f"{_place(api)}/issues/comments/{comment.id}", {"body": body})


def _place(api: HostApi) -> str:
    return f"repos/{quoted(api.repository.path)}"
