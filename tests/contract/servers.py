"""The server that a contract test talks to: the sandbox in this process, or a real control plane."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from typing import Any, Self

import orjson

from holdfast.adapters.kube import kubeconfig
from holdfast.adapters.kube.client import KubeClient
from holdfast.adapters.kube.transport import AiohttpTransport
from holdfast.model.kube import KubeObject
from holdfast.ports.transport import Request, Transport
from holdfast.runtime.clock import LoopClock, SystemClock
from holdfast.sandbox.server import Sandbox
from holdfast.sandbox.storage import HISTORY_LENGTH
from tests.contract.answers import Answer, Eraser
from tests.contract.objects import CLUSTER_SCOPED, plural_of, secret, with_metadata
from tests.contract.recordings import Recording
from tests.controlplane.server import ControlPlane

START = datetime(2026, 1, 1, tzinfo=UTC)
# What names the manager of a write that names none.
USER_AGENT = "contract/1.0"
JSON = "application/json"
MEDIA_TYPES = {
    "json": "application/json-patch+json",
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "apply": "application/apply-patch+yaml",
}
SMALL_HISTORY = 20

_numbers = itertools.count(1)


class Server:
    """One server, with a namespace that nobody else uses; `group` is a group of custom resources of its own."""

    def __init__(
        self, control_plane: ControlPlane | None, recording: Recording | None = None, *, history: int = HISTORY_LENGTH
    ) -> None:
        self.control_plane = control_plane
        self._recording = recording
        self._history = history
        self._stack = AsyncExitStack()
        self.namespace = f"t{os.getpid()}-{next(_numbers)}"
        self.group = f"{self.namespace}.example.com"
        self.eraser = Eraser(self.namespace)
        self.transport: Transport

    async def __aenter__(self) -> Self:
        if self.control_plane is not None:
            transport = AiohttpTransport(kubeconfig.load(self.control_plane.kubeconfig, SystemClock()))
            self._stack.push_async_callback(transport.close)
            self.transport = transport
        else:
            clock = LoopClock(START)
            sandbox = await self._stack.enter_async_context(Sandbox(None, clock, history=self._history))
            self.transport = sandbox.transport
        await self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}})
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._stack.aclose()
        if self.control_plane is not None:
            # The sockets of watches that were cut short are closed in the next turns of the loop.
            await asyncio.sleep(0.02)

    @property
    def client(self) -> KubeClient:
        return KubeClient(self.transport, user_agent=USER_AGENT)

    def matches(self, answer: Answer) -> None:
        """The answer is what the real server gave when it was recorded, apart from what a server chooses."""
        assert self._recording is not None
        _sort_conflicts(answer.body)
        self._recording.compare(self.eraser.answer(answer))

    def same(self, value: Any) -> None:
        """The like for a part of an answer."""
        assert self._recording is not None
        self._recording.compare(self.eraser.erased(value))

    def path(self, obj: Mapping[str, Any], sub: str = "") -> str:
        """Where an object is, or its collection when it has no name."""
        version, kind = obj["apiVersion"], obj["kind"]
        metadata = obj.get("metadata") or {}
        root = f"/apis/{version}" if "/" in version else f"/api/{version}"
        namespace = metadata.get("namespace", self.namespace)
        scope = "" if kind in CLUSTER_SCOPED or not namespace else f"/namespaces/{namespace}"
        parts = [root + scope, plural_of(kind), metadata.get("name", ""), sub]
        return "/".join(part for part in parts if part)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        sent = {"user-agent": USER_AGENT, "accept": JSON, "content-type": JSON, **(headers or {})}
        data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        return Answer.of(await self.transport.send(Request(method, path, tuple((query or {}).items()), sent, data)))

    async def create(self, obj: KubeObject, **query: str) -> Answer:
        collection = {**obj, "metadata": {k: v for k, v in obj["metadata"].items() if k == "namespace"}}
        return await self.call("POST", self.path(collection), obj, query)

    async def created(self, obj: KubeObject, **query: str) -> KubeObject:
        """Creates what must not fail."""
        answer = await self.create(obj, **query)
        assert answer.status == 201, answer.body
        return self.body(answer)

    async def get(self, obj: Mapping[str, Any], sub: str = "", **query: str) -> Answer:
        return await self.call("GET", self.path(obj, sub), None, query)

    async def read(self, obj: Mapping[str, Any], sub: str = "") -> KubeObject:
        """Gets what must be there."""
        answer = await self.get(obj, sub)
        assert answer.status == 200, answer.body
        return self.body(answer)

    async def replace(self, obj: KubeObject, sub: str = "", **query: str) -> Answer:
        return await self.call("PUT", self.path(obj, sub), obj, query)

    async def patch(
        self, obj: Mapping[str, Any], body: Any, kind: str = "merge", sub: str = "", **query: str
    ) -> Answer:
        return await self.call("PATCH", self.path(obj, sub), body, query, {"content-type": MEDIA_TYPES[kind]})

    async def apply(
        self, obj: KubeObject, manager: str, *, force: bool = False, sub: str = "", at: Any = None, **query: str
    ) -> Answer:
        """`at` is the object of the path when the one applied must not be asked."""
        query = {"fieldManager": manager, **({"force": "true"} if force else {}), **query}
        return await self.call("PATCH", self.path(at or obj, sub), obj, query, {"content-type": MEDIA_TYPES["apply"]})

    async def applied(self, obj: KubeObject, manager: str, *, force: bool = False, sub: str = "") -> KubeObject:
        """Applies what must not fail."""
        answer = await self.apply(obj, manager, force=force, sub=sub)
        assert answer.status in (200, 201), answer.body
        return self.body(answer)

    async def delete(self, obj: Mapping[str, Any], options: dict[str, Any] | None = None, **query: str) -> Answer:
        return await self.call("DELETE", self.path(obj), options, query)

    async def items(self, of: Mapping[str, Any], **query: str) -> list[KubeObject]:
        answer = await self.get({"apiVersion": of["apiVersion"], "kind": of["kind"]}, **query)
        assert answer.status == 200, answer.body
        found: list[KubeObject] = answer.body["items"]
        return found

    async def is_gone(self, obj: Mapping[str, Any]) -> bool:
        return (await self.get(obj)).status == 404

    @asynccontextmanager
    async def watch(self, of: Mapping[str, Any], **query: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        """The events of a collection, one after the other."""
        path = self.path({"apiVersion": of["apiVersion"], "kind": of["kind"]})
        request = Request("GET", path, (("watch", "true"), *query.items()), {"accept": JSON, "user-agent": USER_AGENT})
        async with self.transport.stream(request) as stream:
            assert stream.status == 200, [line async for line in stream.lines]
            yield (orjson.loads(line) async for line in stream.lines)

    async def until(self, holds: Callable[[], Awaitable[bool]], what: str, seconds: float = 40.0) -> None:
        """Waits for what a controller does; on the sandbox no time passes for it."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not await holds():
            assert loop.time() < deadline, f"waited {seconds:g} s in vain: {what}"
            await asyncio.sleep(0.05)

    async def until_gone(self, obj: Mapping[str, Any]) -> None:
        await self.until(lambda: self.is_gone(obj), f"{obj['kind']} {obj['metadata']['name']} goes away")

    async def forget(self) -> None:
        """Makes the server lose the past: etcd is compacted; the sandbox, whose history is small, sees many writes."""
        noise = secret("noise", namespace="default")
        for number in range(2 * SMALL_HISTORY + 1 if self.control_plane is None else 3):
            await self.applied(with_metadata(noise, labels={"number": str(number)}), "noise", force=True)
        if self.control_plane is not None:
            await asyncio.to_thread(self.control_plane.compact)

    @staticmethod
    def body(answer: Answer) -> KubeObject:
        assert isinstance(answer.body, dict), answer.body
        return answer.body


def _sort_conflicts(body: Any) -> None:
    """The real server gives the causes of a conflict in the order of a Go map: in any."""
    details = body.get("details") if isinstance(body, dict) else None
    causes = (details or {}).get("causes") or []
    if causes and causes[0].get("reason") == "FieldManagerConflict":
        causes.sort(key=lambda cause: (cause["field"], cause["message"]))
