"""An immutable snapshot of the files of a repository at one revision."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from msgspec import Struct


class EntryKind(Enum):
    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"


class Entry(Struct, frozen=True):
    """`name` is the last part of the path; `hash` identifies the content (a Git object id in hex); `size` in bytes."""

    name: str
    kind: EntryKind
    hash: str
    size: int = 0
    executable: bool = False


class Mount(Struct, frozen=True):
    """A submodule: the folder that it stands in, and its own repository and commit."""

    path: str
    repository: str
    commit: str
    lfs: bool = False


class TreeLocation(Struct, frozen=True):
    """Where a worker process finds a tree again: a bare repository on disk and a commit in it. With `lfs` its files of
    Git LFS are there too."""

    repository: str
    commit: str
    mounts: tuple[Mount, ...] = ()
    lfs: bool = False


class FileTree(Protocol):
    """Paths are relative to the root, with "/" between parts, "" for the root. Nothing leaves the root."""

    @property
    def revision(self) -> str:
        """The full commit id."""
        ...

    def entry(self, path: str) -> Entry | None:
        """What stands at `path` itself (a symlink is not followed), or None."""
        ...

    def children(self, path: str) -> tuple[Entry, ...]:
        """What the directory at `path` holds, sorted by name; empty when it is no directory."""
        ...

    def read(self, path: str) -> bytes:
        """The file at `path`; the text of the target when it is a symlink. Raises KeyError when there is none."""
        ...
