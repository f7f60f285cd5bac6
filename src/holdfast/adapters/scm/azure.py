"""Azure DevOps, where a status belongs to an iteration of a pull request, and a comment to a thread.

Source: https://learn.microsoft.com/en-us/rest/api/azure/devops/git/ (Pull Requests, Pull Request Iterations, Pull Request
Statuses, Pull Request Threads)
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final

from msgspec import Struct, field

from holdfast.adapters.scm.api import HostApi, quoted
from holdfast.adapters.scm.host import Comment, read_as
from holdfast.model.pull_request import CommitStatus, PullRequest, StatusState

VERSION: Final[dict[str, str | int]] = {"api-version": "7.1"}
MOST_DESCRIPTION: Final = 255
STATES: Final = {StatusState.PENDING: "pending", StatusState.SUCCESS: "succeeded", StatusState.FAILURE: "failed"}
_BRANCH: Final = "refs/heads/"
_CLOSED: Final = "closed"
"""A policy may hold a pull request until nothing is left to be answered: there is nothing to answer here."""


class _Commit(Struct):
    id: str = field(default="", name="commitId")


class _Repository(Struct):
    web_url: str = field(default="", name="webUrl")


class _Pull(Struct):
    status: str = ""
    target: str = field(default="", name="targetRefName")
    head: _Commit | None = field(default=None, name="lastMergeSourceCommit")
    repository: _Repository | None = None
    fork: dict[str, object] | None = field(default=None, name="forkSource")


class _Iteration(Struct):
    id: int
    head: _Commit | None = field(default=None, name="sourceRefCommit")


class _Iterations(Struct):
    value: list[_Iteration]


class _Said(Struct):
    id: int
    content: str | None = None
    kind: str = field(default="", name="commentType")
    is_deleted: bool = field(default=False, name="isDeleted")


class _Thread(Struct):
    id: int
    comments: list[_Said] | None = None
    is_deleted: bool = field(default=False, name="isDeleted")


class _Threads(Struct):
    value: list[_Thread]


class AzureHost:
    async def pull_request(self, api: HostApi, number: int) -> PullRequest:
        pull = read_as((await api.get(_pull(api, number), VERSION)).json(), _Pull)
        repository = pull.repository or _Repository()
        return PullRequest(
            number=number,
            head=pull.head.id if pull.head else "",
            base=pull.target.removeprefix(_BRANCH),
            is_open=pull.status == "active",
            is_fork=pull.fork is not None,
            page=f"{repository.web_url}/pullrequest/{number}" if repository.web_url else "",
        )

    async def set_status(self, api: HostApi, pull: PullRequest, status: CommitStatus) -> None:
        """Of the iteration that brought the head, so that it does not speak for a later push."""
        place = _pull(api, pull.number)
        found = read_as((await api.get(f"{place}/iterations", VERSION)).json(), _Iterations)
        iterations = [one.id for one in found.value if one.head is not None and one.head.id == pull.head]
        genre, _, name = status.context.rpartition("/")
        body: dict[str, object] = {
            "state": STATES[status.state],
            "description": status.description[:MOST_DESCRIPTION],
            "context": {"genre": genre, "name": name},
            "targetUrl": status.page,
        }
        if iterations:
            body["iterationId"] = max(iterations)
        await api.send("POST", f"{place}/statuses", body, query=VERSION)

    async def comments(self, api: HostApi, number: int) -> AsyncIterator[Comment]:
        """The first of each thread: the host tells all of them at once."""
        found = read_as((await api.get(f"{_pull(api, number)}/threads", VERSION)).json(), _Threads)
        for thread in found.value:
            for said in (thread.comments or [])[:1]:
                if said.kind == "text" and not (said.is_deleted or thread.is_deleted):
                    yield Comment(said.id, said.content or "", thread=thread.id)

    async def create(self, api: HostApi, number: int, body: str) -> None:
        said = {"parentCommentId": 0, "content": body, "commentType": "text"}
        thread = {"comments": [said], "status": _CLOSED}
        await api.send("POST", f"{_pull(api, number)}/threads", thread, query=VERSION)

    async def update(self, api: HostApi, number: int, comment: Comment, body: str) -> None:
        path = f"{_pull(api, number)}/threads/{comment.thread}/comments/{comment.id}"
        await api.send("PATCH", path, {"content": body}, query=VERSION)


def _pull(api: HostApi, number: int) -> str:
    project, _, name = api.repository.path.rpartition("/")
    return f"{quoted(project)}/_apis/git/repositories/{quoted(name)}/pullRequests/{number}"
