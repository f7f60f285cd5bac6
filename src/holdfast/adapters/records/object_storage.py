"""Records of syncs as JSON files below `<url>/<namespace>/<application>/<uid>/`, in whatever fsspec reaches.

Beside `<record>.json` an empty file `<record>.<mark>.open` tells that drift is open in it, so that a listing is enough to
know. The record is written first and its marks after it: a process that dies in between leaves a mark that does not fit,
and the next look at the drift mends it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from holdfast.model.errors import Blocked, Transient
from holdfast.model.kube import KubeObject, annotations_of, name_of
from holdfast.model.names import Annotation
from holdfast.model.sync_record import Drift
from holdfast.ports.records import RecordHeader, RecordOwner, StoragePlace

MOST_BYTES: Final = 4 * 1024 * 1024
RECORD: Final = ".json"
OPEN: Final = ".open"
THREADS: Final = 4

T = TypeVar("T")


class ObjectStorages:
    """`schemes` are the URLs that may be asked for: whoever may write argocd-cm may not write to this machine's disk."""

    def __init__(self, schemes: frozenset[str] = frozenset({"s3"})) -> None:
        self._schemes = schemes
        self._threads = ThreadPoolExecutor(THREADS, "records")

    def open(self, place: StoragePlace) -> ObjectRecords:
        scheme, separator, path = place.url.partition("://")
        if not separator or scheme not in self._schemes or not path.strip("/") or ".." in path.split("/"):
            allowed = ", ".join(f"{one}://" for one in sorted(self._schemes))
            raise Blocked("StorageInvalid", f"{place.url[:200]!r} is no place for records: one begins with {allowed}")
        return ObjectRecords(_file_system(scheme, place), path.rstrip("/"), self._threads)

    def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _file_system(scheme: str, place: StoragePlace) -> Any:
    try:
        import fsspec

        return fsspec.filesystem(scheme, **_options(scheme, place))
    except ImportError as error:
        raise Blocked("StorageUnsupported", "records in object storage need the extra `holdfast[s3]`") from error


def _options(scheme: str, place: StoragePlace) -> dict[str, Any]:
    if scheme == "file":
        return {"auto_mkdir": True}
    if scheme != "s3":
        return {}
    network = {"connect_timeout": 4, "read_timeout": 10, "retries": {"max_attempts": 1}}
    client = {"endpoint_url": place.endpoint, "region_name": place.region}
    found: dict[str, Any] = {
        "use_listings_cache": False,
        "config_kwargs": network,
        "client_kwargs": {name: value for name, value in client.items() if value},
    }
    if place.access_key:
        found |= {"key": place.access_key, "secret": place.secret_key, "token": place.session_token or None}
    return found


class ObjectRecords:
    """Remembers what it listed: nobody else writes the records of an Application."""

    def __init__(self, files: Any, root: str, threads: ThreadPoolExecutor) -> None:
        self._files = files
        self._root = root
        self._threads = threads
        self._known: dict[RecordOwner, dict[str, str]] = {}

    async def headers(self, owner: RecordOwner) -> tuple[RecordHeader, ...]:
        known = self._known.get(owner)
        if known is None:
            known = await self._at_work(lambda: self._listed(owner))
            if known:  # a bucket that is missing for a moment looks empty, too
                self._known[owner] = known
        return tuple(RecordHeader(name, known[name]) for name in sorted(known))

    async def read(self, owner: RecordOwner, name: str) -> KubeObject | None:
        return await self._at_work(lambda: self._read(owner, name))

    async def write(self, owner: RecordOwner, document: KubeObject) -> None:
        name, mark = name_of(document), annotations_of(document).get(Annotation.OPEN_DRIFT, "")
        await self._put(owner, name, document, mark)

    async def note(self, owner: RecordOwner, name: str, entries: Sequence[Drift], mark: str) -> None:
        document = await self.read(owner, name)
        if document is None:
            return
        metadata = document["metadata"]
        annotations = {**(metadata.get("annotations") or {}), Annotation.OPEN_DRIFT.value: mark}
        document = {
            **document,
            "metadata": {**metadata, "annotations": {key: value for key, value in annotations.items() if value}},
            "status": {"drift": msgspec.to_builtins(entries)},
        }
        await self._put(owner, name, document, mark)

    async def remove(self, owner: RecordOwner, name: str) -> None:
        await self._at_work(lambda: self._remove(owner, name))
        self._known.get(owner, {}).pop(name, None)

    async def _put(self, owner: RecordOwner, name: str, document: KubeObject, mark: str) -> None:
        self._known.pop(owner, None)  # until it is known how far this got
        await self._at_work(lambda: self._write(owner, name, msgspec.json.encode(document), mark))

    async def _at_work(self, work: Callable[[], T]) -> T:
        """In a thread: fsspec's own are for scripts that wait."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        except PermissionError as error:
            raise Blocked("StorageRefused", f"{self._root}: {_told(error)}") from error
        except ImportError as error:
            raise Blocked("StorageUnsupported", "records in object storage need the extra `holdfast[s3]`") from error
        except Exception as error:
            # Each storage has errors of its own, and none may stop a sync.
            raise Transient("StorageUnavailable", f"{self._root}: {_told(error)}") from error

    def _folder(self, owner: RecordOwner) -> str:
        return "/".join((self._root, *map(_contained, (owner.namespace, owner.name, owner.uid))))

    def _path(self, owner: RecordOwner, name: str) -> str:
        return f"{self._folder(owner)}/{quote(name, safe='')}"

    def _names(self, owner: RecordOwner) -> list[str]:
        try:
            found = self._files.ls(self._folder(owner), detail=False, refresh=True)
        except FileNotFoundError:
            return []
        return [str(path).rstrip("/").rpartition("/")[2] for path in found]

    def _listed(self, owner: RecordOwner) -> dict[str, str]:
        names = self._names(owner)
        found = {name.removesuffix(RECORD): "" for name in names if name.endswith(RECORD)}
        for name in names:
            record, _, mark = name.removesuffix(OPEN).rpartition(".")
            if name.endswith(OPEN) and record in found:
                found[record] = ",".join(filter(None, (found[record], mark)))
        return found

    def _read(self, owner: RecordOwner, name: str) -> KubeObject | None:
        try:
            raw = self._files.cat_file(self._path(owner, name) + RECORD, end=MOST_BYTES)
        except FileNotFoundError:
            return None
        found = json.loads(raw)
        return found if isinstance(found, dict) else None

    def _write(self, owner: RecordOwner, name: str, raw: bytes, mark: str) -> None:
        path = self._path(owner, name)
        self._files.pipe_file(path + RECORD, raw)
        if mark:
            self._files.pipe_file(f"{path}.{mark}{OPEN}", b"")
        self._forget_marks(owner, name, keep=mark)

    def _remove(self, owner: RecordOwner, name: str) -> None:
        self._forget_marks(owner, name, keep="")
        try:
            self._files.rm_file(self._path(owner, name) + RECORD)
        except FileNotFoundError:
            return

    def _forget_marks(self, owner: RecordOwner, name: str, *, keep: str) -> None:
        prefix = quote(name, safe="") + "."
        for found in self._names(owner):
            mark = found.removeprefix(prefix).removesuffix(OPEN)
            if found.startswith(prefix) and found.endswith(OPEN) and mark != keep:
                self._files.rm_file(f"{self._folder(owner)}/{found}")


def _contained(part: str) -> str:
    quoted = quote(part or "-", safe="")
    return quoted.replace(".", "%2E") if not quoted.strip(".") else quoted


def _told(error: Exception) -> str:
    """One bounded line."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
