"""Reaches the sandbox in the same process, without sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from holdfast.ports.transport import Request, Response, Stream
from holdfast.sandbox.api import SandboxApi


class InProcessTransport:
    """Implements ports.transport.Transport."""

    def __init__(self, api: SandboxApi) -> None:
        self._api = api

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        # A turn of the loop, as any answer over a wire takes: a caller that only sends must not starve the others.
        await asyncio.sleep(0)
        return await self._api.handle(_with_lower_case_headers(request))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncIterator[Stream]:
        async with self._api.stream(_with_lower_case_headers(request)) as stream:
            yield stream

    async def close(self) -> None:
        """There is nothing to close: the sandbox lives on."""


def _with_lower_case_headers(request: Request) -> Request:
    if all(name.islower() for name in request.headers):
        return request
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Request(request.method, request.path, request.query, headers, request.body)
