"""GitLab, where a pull request is called a merge request, and a comment a note.

Sources: https://docs.gitlab.com/api/merge_requests/, https://docs.gitlab.com/api/notes/ and
https://docs.gitlab.com/api/commits/#set-commit-pipeline-status
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from msgspec import Struct

from holdfast.adapters.scm.api import MOST_PAGES, PAGE_SIZE, HostApi, quoted
from holdfast.adapters.scm.host import Comment, items, read_as
from holdfast.model.errors import Blocked
from holdfast.model.pull_request import CommitStatus, PullRequest, StatusState

MOST_DESCRIPTION: Final = 255
STATES: Final = {StatusState.PENDING: "pending", StatusState.SUCCESS: "success", StatusState.FAILURE: "failed"}
_SAME_STATE: Final = b"Cannot transition status"


class _Merge(Struct):
    sha: str | None = None
    state: str = ""
    target_branch: str = ""
    web_url: str = ""
    source_project_id: int | None = None
    target_project_id: int | None = None


class _Note(Struct):
    id: int
    body: str | None = None
    system: bool = False


class LabHost:
    async def pull_request(self, api: HostApi, number: int) -> PullRequest:
        merge = read_as((await api.get(f"{_place(api)}/merge_requests/{number}")).json(), _Merge)
        return PullRequest(
            number=number,
            head=merge.sha or "",
            base=merge.target_branch,
            is_open=merge.state == "opened",
            is_fork=merge.source_project_id is None or merge.source_project_id != merge.target_project_id,
            page=merge.web_url,
        )

    async def set_status(self, api: HostApi, pull: PullRequest, status: CommitStatus) -> None:
        """A status that is what it should be is refused, which does no harm."""
        body = {
            "state": STATES[status.state],
            "name": status.context,
            "description": status.description[:MOST_DESCRIPTION],
            "target_url": status.page,
        }
        path = f"{_place(api)}/statuses/{quoted(pull.head)}"
        answer = await api.send("POST", path, body, passes=frozenset({400}))
        if answer.status == 400 and _SAME_STATE not in answer.body:
            raise Blocked("HostRefused", f"{api.host}, repository {api.repository.path}: refuses the status (400)")

    async def comments(self, api: HostApi, number: int) -> AsyncIterator[Comment]:
        """Oldest first."""
        page = "1"
        for _ in range(MOST_PAGES):
            query: dict[str, str | int] = {"per_page": PAGE_SIZE, "page": page, "sort": "asc", "order_by": "created_at"}
            answer = await api.get(f"{_place(api)}/merge_requests/{number}/notes", query)
            for item in items(answer.json()):
                note = read_as(item, _Note)
                if not note.system:
                    yield Comment(note.id, note.body or "")
            page = answer.headers.get("x-next-page", "")
            if not page.isdigit():
                return

    async def create(self, api: HostApi, number: int, body: str) -> None:
        await api.send("POST", f"{_place(api)}/merge_requests/{number}/notes", {"body": body})

    async def update(self, api: HostApi, number: int, comment: Comment, body: str) -> None:
        await api.send("PUT", f"{_place(api)}/merge_requests/{number}/notes/{comment.id}", {"body": body})


def _place(api: HostApi) -> str:
    return f"projects/{quote(api.repository.path, safe='')}"
