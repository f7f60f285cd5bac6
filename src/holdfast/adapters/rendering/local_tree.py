"""A folder on disk as a FileTree: a working copy that is not committed yet, or a folder of a test."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

from holdfast.model.filetree import Entry, EntryKind, TreeLocation


def open_local_tree(location: TreeLocation) -> LocalTree:
    """`location.repository` is the folder; `location.commit` only names it."""
    return LocalTree(Path(location.repository), location.commit)


class LocalTree:
    """What an entry is, is looked up once. `.git` is left out, symlinks are not followed."""

    def __init__(self, root: Path, revision: str) -> None:
        self._root = root
        self._revision = revision
        self._known: dict[str, Entry | None] = {}

    @property
    def revision(self) -> str:
        return self._revision

    def entry(self, path: str) -> Entry | None:
        if path not in self._known:
            self._known[path] = self._look(path)
        return self._known[path]

    def _look(self, path: str) -> Entry | None:
        try:
            place = self._place(path)
            status = place.lstat()
        except (OSError, KeyError):
            return None
        name = path.rpartition("/")[2]
        if stat.S_ISDIR(status.st_mode):
            return Entry(name, EntryKind.DIRECTORY, self._folder_hash(path))
        content = self.read(path)
        kind = EntryKind.SYMLINK if stat.S_ISLNK(status.st_mode) else EntryKind.FILE
        executable = kind is EntryKind.FILE and bool(status.st_mode & stat.S_IXUSR)
        return Entry(name, kind, hashlib.sha256(content).hexdigest(), len(content), executable)

    def children(self, path: str) -> tuple[Entry, ...]:
        try:
            names = sorted(os.listdir(self._place(path)))
        except (OSError, KeyError):
            return ()
        found = (self.entry(f"{path}/{name}" if path else name) for name in names if name != ".git")
        return tuple(entry for entry in found if entry is not None)

    def read(self, path: str) -> bytes:
        place = self._place(path)
        if place.is_symlink():
            return os.fsencode(os.readlink(place))
        if not place.is_file():
            raise KeyError(path)
        return place.read_bytes()

    def _place(self, path: str) -> Path:
        """A path that leads through a symlink names nothing here, as in a Git tree."""
        place = self._root
        for part in (parts := [part for part in path.split("/") if part]):
            if part == ".." or (place != self._root and place.is_symlink()):
                raise KeyError("/".join(parts))
            place = place / part
        return place

    def _folder_hash(self, path: str) -> str:
        listed = "\n".join(f"{entry.kind.value} {entry.hash} {entry.name}" for entry in self.children(path))
        return hashlib.sha256(listed.encode()).hexdigest()
