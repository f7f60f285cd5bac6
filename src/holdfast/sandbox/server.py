"""The sandbox as a whole: storage, API and what works between the requests."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self
from uuid import UUID, uuid4

from holdfast.ports.clock import Clock
from holdfast.sandbox import initial_objects, kinds, kubeconfig, namespaces
from holdfast.sandbox.api import SandboxApi
from holdfast.sandbox.garbage import GarbageCollector
from holdfast.sandbox.http import TOKEN_PREFIX, HttpServer
from holdfast.sandbox.kinds import BuiltinKinds
from holdfast.sandbox.lifecycles import Lifecycles
from holdfast.sandbox.persistence import SqliteJournal
from holdfast.sandbox.places import Place
from holdfast.sandbox.registry import Registry
from holdfast.sandbox.request_options import WriteOptions
from holdfast.sandbox.storage import HISTORY_LENGTH, Change, Collection, Key, Storage
from holdfast.sandbox.transport import InProcessTransport
from holdfast.sandbox.work_queue import WorkQueue

TOKEN_FILE: Final = "token"  # noqa: S105
_SUFFIX_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"
_SUFFIX_LENGTH: Final = 5


class Sandbox:
    """A cluster of its own: in memory alone without a directory, else kept there and carried on.

    async with Sandbox(None, clock) as sandbox:
        await sandbox.transport.send(Request("GET", "/api/v1/namespaces"))
        url = await sandbox.serve()
        sandbox.write_kubeconfig(path)
    """

    def __init__(
        self,
        data_dir: Path | None,
        clock: Clock,
        *,
        builtin: BuiltinKinds | None = None,
        new_uid: Callable[[], UUID] = uuid4,
        history: int = HISTORY_LENGTH,
    ) -> None:
        self._data_dir = data_dir
        self._clock = clock
        self._builtin = builtin
        self._new_uid = new_uid
        self._history = history
        self._http: HttpServer | None = None
        self._worker: asyncio.Task[None] | None = None
        self.journal: SqliteJournal | None = None
        self.url = ""
        self.token = ""

    async def __aenter__(self) -> Self:
        if self._data_dir is not None:
            self.journal = SqliteJournal(self._data_dir)
        self._storage = Storage(self.journal, history=self._history)
        registry = Registry(self._builtin or kinds.load())
        self.api = SandboxApi(
            self._clock,
            registry=registry,
            storage=self._storage,
            new_uid=lambda: str(self._new_uid()),
            new_suffix=self._suffix,
        )
        self.transport = InProcessTransport(self.api)
        self.token = self._kept_token()
        self._start_controllers(registry)
        return self

    def _start_controllers(self, registry: Registry) -> None:
        queue = WorkQueue()
        garbage = GarbageCollector(registry, self._storage, self.api.deleter, queue)
        lifecycles = Lifecycles(registry, self._storage, self.api.writer, self.api.deleter, queue, self._clock)

        def note(collection: Collection, change: Change) -> None:
            garbage.note(collection, change)
            lifecycles.note(collection, change)

        self._storage.listen(note)
        self._make_initial_objects(registry)
        queue.drain()
        self._worker = asyncio.create_task(queue.run(), name="sandbox")

    def _make_initial_objects(self, registry: Registry) -> None:
        """What is there already, from a run before, is left as it is."""
        for group, version, plural, obj in (*namespaces.initial(), *initial_objects.objects()):
            served = registry.find(group, version, plural)
            if served is None:
                continue
            namespace = obj["metadata"].get("namespace") or ""
            if self._storage.get(served.collection, Key(namespace, obj["metadata"]["name"])) is None:
                self.api.writer.create(Place(served, namespace), obj, WriteOptions(manager="kube-apiserver"))

    def listen(self, listener: Callable[[Collection, Change], None]) -> None:
        """Calls `listener` within every write, after it has happened; it must be quick and must not raise."""
        self._storage.listen(listener)

    async def serve(self, port: int = 0) -> str:
        """Listens on loopback; gives the URL."""
        self._http = HttpServer(self.api, self.token)
        self.url = await self._http.start(port)
        return self.url

    def write_kubeconfig(self, path: Path) -> None:
        """For the URL that `serve` gave."""
        kubeconfig.write(path, url=f"{self.url}{TOKEN_PREFIX}{self.token}", token=self.token)

    async def __aexit__(self, *_: object) -> None:
        if self._http is not None:
            await self._http.stop()
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        self._storage.close()

    def _suffix(self) -> str:
        """Five letters as the server appends them to generateName."""
        number = self._new_uid().int
        letters = []
        for _ in range(_SUFFIX_LENGTH):
            number, at = divmod(number, len(_SUFFIX_LETTERS))
            letters.append(_SUFFIX_LETTERS[at])
        return "".join(letters)

    def _kept_token(self) -> str:
        """The token of the directory, so that a kubeconfig outlives a restart."""
        if self._data_dir is None:
            return secrets.token_urlsafe(24)
        path = self._data_dir / TOKEN_FILE
        if not path.exists():
            path.touch(mode=0o600)
            path.write_text(secrets.token_urlsafe(24))
        return path.read_text().strip()
