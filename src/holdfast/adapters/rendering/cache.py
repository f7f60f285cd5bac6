"""Results of renders on disk, by what went into them. It may be lost or damaged at any time."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import os
import tempfile
import threading
import zlib
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import msgspec

from holdfast.adapters.rendering import kustomize_tool
from holdfast.engine.render.directory import DirectoryJob
from holdfast.engine.render.helm.job import HelmJob
from holdfast.engine.render.kustomize import KustomizeJob
from holdfast.engine.render.plugins.job import PluginJob
from holdfast.engine.render.prepare import Job
from holdfast.model.rendering import RenderResult

FORMAT: Final = "2"
"""Goes up with every change of what a render gives, so that older results are not used."""

_SUFFIX: Final = ".render"
_HELM: Final = "helm-python-sdk"
_DIGEST: Final = hashlib.sha256().digest_size
_KEEP: Final = 0.8
_DECODER: Final = msgspec.msgpack.Decoder(RenderResult)

T = TypeVar("T")
Lookups: TypeAlias = tuple[tuple[str, ...], ...]
_LOOKUPS: Final = msgspec.msgpack.Decoder(Lookups)
MOST_LOOKUPS: Final = 8
"""Branches whose imports differ are asked about in turn, so that more than the latest one is kept."""


class RenderCache:
    """`max_bytes` bounds the folder; what was not asked for longest goes first. Safe to use from threads."""

    def __init__(self, folder: Path, *, max_bytes: int = 512 * 1024**2) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._size: int | None = None

    def key(self, identity: str, job: Job, tools: Path | None = None, plugins: str = "") -> str:
        """The identity of a job together with the tool that does it; `tools` is where carried programs stand, `plugins`
        the identity of the plugin."""
        return hashlib.sha256(f"{FORMAT}\n{_tool(job, tools) or plugins}\n{identity}".encode()).hexdigest()

    def holds(self, key: str) -> bool:
        return self._path(key).exists()

    def load(self, key: str) -> RenderResult | None:
        return self._load(key, _DECODER)

    def store(self, key: str, result: RenderResult) -> None:
        self._store(key, msgspec.msgpack.encode(result))

    def lookups(self, key: str) -> Lookups:
        """The sets of paths that renders of this key turned out to read, the latest first."""
        return self._load(key, _LOOKUPS) or ()

    def learn(self, key: str, looked_at: tuple[str, ...]) -> None:
        known = self.lookups(key)
        if known[:1] == (looked_at,):
            return
        others = tuple(one for one in known if one != looked_at)
        self._store(key, msgspec.msgpack.encode((looked_at, *others[: MOST_LOOKUPS - 1])))

    def _load(self, key: str, decoder: msgspec.msgpack.Decoder[T]) -> T | None:
        path = self._path(key)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        digest, body = content[:_DIGEST], content[_DIGEST:]
        if hashlib.sha256(body).digest() == digest:
            try:
                return decoder.decode(zlib.decompress(body))
            except (zlib.error, msgspec.DecodeError):
                pass
        path.unlink(missing_ok=True)
        return None

    def _store(self, key: str, encoded: bytes) -> None:
        body = zlib.compress(encoded, 1)
        content = hashlib.sha256(body).digest() + body
        if len(content) > self._max_bytes:
            return
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self._folder, delete=False) as file:
                file.write(content)
            os.replace(file.name, self._path(key))
        except OSError:
            return  # a full or read-only disk costs a render later, nothing else
        with self._lock:
            self._account(len(content))

    def _path(self, key: str) -> Path:
        return self._folder / f"{key}{_SUFFIX}"

    def _account(self, added: int) -> None:
        if self._size is None:
            self._size = sum(size for _, size, _ in self._entries())
        else:
            self._size += added
        if self._size > self._max_bytes:
            self._evict()

    def _evict(self) -> None:
        entries = sorted(self._entries())
        size = sum(entry_size for _, entry_size, _ in entries)
        for _, entry_size, path in entries:
            if size <= self._max_bytes * _KEEP:
                break
            path.unlink(missing_ok=True)
            size -= entry_size
        self._size = size

    def _entries(self) -> list[tuple[int, int, Path]]:
        """Time of last use, size and path of everything in the folder, leavings of a crash included."""
        found = []
        for path in self._folder.iterdir():
            try:
                status = path.stat()
            except OSError:
                continue
            found.append((status.st_mtime_ns, status.st_size, path))
        return found


@functools.cache
def _version_of(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _tool(job: Job, tools: Path | None) -> str:
    match job:
        case DirectoryJob():
            return "jsonnet " + _version_of("jsonnet")
        case HelmJob():
            return f"{_HELM} {_version_of(_HELM)}"
        case PluginJob():
            return ""
        case KustomizeJob():
            builds = kustomize_tool.find(tools, job.program).identity
            return f"{builds} {_HELM} {_version_of(_HELM)}" if job.inflations else builds
