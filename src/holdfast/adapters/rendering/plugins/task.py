"""One source as it is shown to plugins: its files and variables, and how long an answer may take."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final, Self

from msgspec import Struct

from holdfast.adapters.rendering.plugins.git_credentials import secrets_of
from holdfast.engine.render.plugins import job as jobs
from holdfast.engine.render.plugins import output
from holdfast.engine.render.plugins.job import PluginJob
from holdfast.model.filetree import Entry, EntryKind, FileTree
from holdfast.model.rendering import RenderLimits
from holdfast.model.repository import RepositoryAccess

_SHARE: Final = 0.9
"""Of the time of the whole render, so that the plugin is named before the worker is ended."""


class Packed(Struct):
    """A tar archive, compressed by gzip. `digest` is SHA-256 in hexadecimal."""

    file: IO[bytes]
    size: int
    digest: str


class Task:
    """`until` is a time of the monotonic clock; `credentials` open the repository."""

    def __init__(
        self,
        tree: FileTree,
        job: PluginJob,
        limits: RenderLimits,
        *,
        app_name: str,
        credentials: RepositoryAccess | None = None,
    ) -> None:
        self._tree = tree
        self.job = job
        self.limits = limits
        self.app_name = app_name
        self.credentials = credentials
        self.environment = jobs.environment(job, tree.revision)
        self.until = time.monotonic() + limits.seconds * _SHARE
        self._packed: Packed | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._packed is not None:
            self._packed.file.close()

    def told(self, said: str) -> str:
        """What a plugin complained of, without what is secret."""
        return output.told(said, self.environment, secrets_of(self.credentials) if self.credentials else ())

    def paths(self) -> list[str]:
        """Of the files below the source's folder, seen from there."""
        prefix = f"{self.job.path}/" if self.job.path else ""
        return [path[len(prefix) :] for path, _ in jobs.files(self._tree, self.job) if path.startswith(prefix)]

    def packed(self) -> Packed:
        """Made once, and read from its beginning by one at a time. Symlinks stay symlinks; none leads out of the
        repository."""
        if self._packed is None:
            self._packed = self._pack()
        self._packed.file.seek(0)
        return self._packed

    def _pack(self) -> Packed:
        file = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the task
        try:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1, format=tarfile.PAX_FORMAT) as archive:
                for path, entry in jobs.files(self._tree, self.job):
                    _add(archive, path, entry, self._tree.read(path))
            size = file.tell()
            file.seek(0)
            return Packed(file, size, hashlib.file_digest(file, "sha256").hexdigest())
        except BaseException:
            file.close()
            raise

    @contextmanager
    def copied(self) -> Iterator[Path]:
        """A folder of its own that holds the tree in `tree`; thrown away with all that was written there."""
        with tempfile.TemporaryDirectory(prefix="holdfast-plugin-", ignore_cleanup_errors=True) as name:
            root = Path(name) / "tree"
            (root / self.job.path).mkdir(parents=True)
            for path, entry in jobs.files(self._tree, self.job):
                target = root / path
                target.parent.mkdir(parents=True, exist_ok=True)
                content = self._tree.read(path)
                if entry.kind is EntryKind.SYMLINK:
                    target.symlink_to(os.fsdecode(content))
                else:
                    target.write_bytes(content)
                    target.chmod(0o755 if entry.executable else 0o644)
            yield Path(name)


def _add(archive: tarfile.TarFile, path: str, entry: Entry, content: bytes) -> None:
    member = tarfile.TarInfo(path)
    if entry.kind is EntryKind.SYMLINK:
        member.type, member.linkname = tarfile.SYMTYPE, os.fsdecode(content)
        archive.addfile(member)
    else:
        member.size, member.mode = len(content), 0o755 if entry.executable else 0o644
        archive.addfile(member, io.BytesIO(content))
