"""What each kind of host can do, and how its answers are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol, TypeVar

import msgspec
from msgspec import Struct

from holdfast.adapters.scm.api import HostApi
from holdfast.model.errors import Transient
from holdfast.model.pull_request import CommitStatus, PullRequest

S = TypeVar("S", bound=Struct)


class Comment(Struct, frozen=True):
    """`version` is counted by Bitbucket Data Center; `thread` is the one that it is in at Azure DevOps."""

    id: int
    body: str
    version: int = 0
    thread: int = 0


class Host(Protocol):
    async def pull_request(self, api: HostApi, number: int) -> PullRequest: ...

    async def set_status(self, api: HostApi, pull: PullRequest, status: CommitStatus) -> None: ...

    def comments(self, api: HostApi, number: int) -> AsyncIterator[Comment]: ...

    async def create(self, api: HostApi, number: int, body: str) -> None: ...

    async def update(self, api: HostApi, number: int, comment: Comment, body: str) -> None: ...


def read_as(document: Any, shape: type[S]) -> S:
    """Raises Transient for what has another shape."""
    try:
        return msgspec.convert(document, shape, strict=False)
    except (msgspec.ValidationError, RecursionError) as error:
        raise Transient(
            "HostUnreachable", f"the host's answer is not of the form that its API tells: {error}"
        ) from None


def items(document: Any) -> list[Any]:
    """Raises Transient for what is no list."""
    if not isinstance(document, list):
        raise Transient("HostUnreachable", "the host answers with something that is no list")
    return document


def is_same_name(source: str, target: str) -> bool:
    """Whether two repositories are one. A fork that is deleted has no name, and is one all the same."""
    return bool(source) and source.lower() == target.lower()
