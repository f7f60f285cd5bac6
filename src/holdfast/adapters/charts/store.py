"""Unpacked charts and artifacts on disk, by the digest of what was sent. They may be lost at any time."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from holdfast.adapters.charts import archive
from holdfast.adapters.charts.limits import ChartLimits

_SIZE: Final = "size"
_FILES: Final = "files"
_KEEP: Final = 0.8


class ChartStore:
    """`digests/NAME` says which digest a version has, `trees/DIGEST/files` holds what it unpacks to. Safe to use from
    threads and by several processes."""

    def __init__(self, folder: Path, limits: ChartLimits) -> None:
        self._folder = folder
        self._limits = limits
        self._lock = threading.Lock()

    def find(self, name: str) -> Path | None:
        """The files that were stored under the name."""
        try:
            digest = self._pointer(name).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return None
        return self.tree(digest)

    def tree(self, digest: str) -> Path | None:
        folder = self._tree(digest)
        try:
            os.utime(folder / _SIZE)  # what was not asked for longest goes first
        except OSError:
            return None
        return folder / _FILES

    def put(self, name: str, digest: str, content: bytes, what: str, *, strip_first: bool) -> Path:
        """Raises Blocked when the archive is no good."""
        folder = self._tree(digest)
        if not (folder / _SIZE).exists():
            self._unpack(folder, content, what, strip_first=strip_first)
        pointer = self._pointer(name)
        pointer.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=pointer.parent, delete=False) as file:
            file.write(digest)
        os.replace(file.name, pointer)
        self._make_room()
        return folder / _FILES

    def _unpack(self, folder: Path, content: bytes, what: str, *, strip_first: bool) -> None:
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = Path(tempfile.mkdtemp(prefix="new-", dir=folder.parent))
        try:
            size = archive.unpack(content, fresh / _FILES, self._limits, what, strip_first=strip_first)
            (fresh / _SIZE).write_text(str(size))
            with suppress(OSError):  # another process was faster
                fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)

    def _tree(self, digest: str) -> Path:
        return self._folder / "trees" / digest.removeprefix("sha256:")

    def _pointer(self, name: str) -> Path:
        return self._folder / "digests" / hashlib.sha256(name.encode()).hexdigest()

    def _make_room(self) -> None:
        with self._lock:
            entries = sorted(self._entries())
            kept = sum(size for _, size, _ in entries)
            if kept <= self._limits.kept_bytes:
                return
            for _, size, folder in entries[:-1]:
                if kept <= self._limits.kept_bytes * _KEEP:
                    break
                shutil.rmtree(folder, ignore_errors=True)
                kept -= size

    def _entries(self) -> list[tuple[int, int, Path]]:
        found = []
        for mark in (self._folder / "trees").glob(f"*/{_SIZE}"):
            with suppress(OSError, ValueError):
                found.append((mark.stat().st_mtime_ns, int(mark.read_text()), mark.parent))
        return found
