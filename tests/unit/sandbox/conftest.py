"""A sandbox on virtual time, and short words for requests to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from holdfast.ports.transport import Request
from holdfast.sandbox import kinds
from holdfast.sandbox.server import Sandbox

START = datetime(2026, 1, 1, tzinfo=UTC)
MERGE = "application/merge-patch+json"


class LoopClock:
    """The time of the event loop."""

    def now(self) -> datetime:
        return START + timedelta(seconds=asyncio.get_running_loop().time())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Answer:
    """What came back: `body` is the decoded JSON, or the text when it is none."""

    def __init__(self, status: int, headers: dict[str, str], raw: bytes) -> None:
        self.status = status
        self.headers = headers
        self.raw = raw
        try:
            self.body: Any = orjson.loads(raw)
        except orjson.JSONDecodeError:
            self.body = raw.decode()


class Cluster:
    """Requests by method and path; the query is written into the path."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    async def request(
        self, method: str, path: str, body: Any = None, content_type: str = "application/json", **headers: str
    ) -> Answer:
        path, _, query = path.partition("?")
        pairs = tuple((key, value) for key, _, value in (pair.partition("=") for pair in query.split("&") if pair))
        raw = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        sent = {"content-type": content_type, "user-agent": "test/1", **headers}
        response = await self.sandbox.transport.send(Request(method, path, pairs, sent, raw))
        return Answer(response.status, dict(response.headers), response.body)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.request("GET", path, **headers)

    async def post(self, path: str, body: Any) -> Answer:
        return await self.request("POST", path, body)

    async def put(self, path: str, body: Any) -> Answer:
        return await self.request("PUT", path, body)

    async def patch(self, path: str, body: Any, content_type: str = MERGE) -> Answer:
        return await self.request("PATCH", path, body, content_type)

    async def apply(self, path: str, body: Any, manager: str = "tester") -> Answer:
        mark = "&" if "?" in path else "?"
        return await self.patch(f"{path}{mark}fieldManager={manager}", body, "application/apply-patch+yaml")

    async def delete(self, path: str, body: Any = None) -> Answer:
        return await self.request("DELETE", path, body)

    async def settle(self) -> None:
        """Until what works between the requests has done its work."""
        await asyncio.sleep(0.01)

    async def watched(self, path: str, count: int) -> list[dict[str, Any]]:
        """The first events of a watch."""
        path, _, query = path.partition("?")
        pairs = tuple((key, value) for key, _, value in (pair.partition("=") for pair in query.split("&") if pair))
        events: list[dict[str, Any]] = []
        async with self.sandbox.transport.stream(Request("GET", path, (("watch", "1"), *pairs))) as stream:
            async for line in stream.lines:
                events.append(orjson.loads(line))
                if len(events) == count:
                    break
        return events


Opener = Callable[..., AbstractAsyncContextManager[Cluster]]


@pytest.fixture(scope="session")
def builtin() -> kinds.BuiltinKinds:
    return kinds.load()


@pytest.fixture
def cluster(builtin: kinds.BuiltinKinds) -> Opener:
    """Opens a sandbox: in memory, or on a directory."""

    @asynccontextmanager
    async def opened(directory: Path | None = None, **options: Any) -> AsyncIterator[Cluster]:
        async with Sandbox(directory, LoopClock(), builtin=builtin, **options) as sandbox:
            yield Cluster(sandbox)

    return opened
