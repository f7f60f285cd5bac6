"""How requests reach a Kubernetes API server: over HTTP, or straight into the sandbox in the same process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from msgspec import Struct


class Request(Struct, frozen=True):
    """`path` starts with "/" and carries no query; `query` and `headers` are not encoded yet."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Response(Struct, frozen=True):
    """Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""


class Stream(Struct, frozen=True):
    """An answer that goes on: `lines` yields one JSON document at a time, without the line end."""

    status: int
    headers: Mapping[str, str]
    lines: AsyncIterator[bytes]


class Transport(Protocol):
    """Raises model.errors.Unavailable (status 0) when no answer comes; every answer that comes is returned."""

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response: ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]: ...

    async def close(self) -> None: ...
