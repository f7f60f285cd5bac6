"""A commit with its submodules in their folders."""

from __future__ import annotations

from collections.abc import Mapping

from holdfast.model.filetree import Entry, EntryKind, FileTree


class MountedTree:
    """A FileTree; `mounts` says which tree stands at which path."""

    def __init__(self, base: FileTree, mounts: Mapping[str, FileTree]) -> None:
        self._base = base
        self._mounts = mounts

    @property
    def revision(self) -> str:
        return self._base.revision

    def entry(self, path: str) -> Entry | None:
        tree, rest, mount = self._place(path.strip("/"))
        if mount and not rest:
            return Entry(mount.rpartition("/")[2], EntryKind.DIRECTORY, tree.revision)
        return tree.entry(rest)

    def children(self, path: str) -> tuple[Entry, ...]:
        path = path.strip("/")
        tree, rest, _ = self._place(path)
        here = [self.entry(mount) for mount in self._mounts if mount and mount.rpartition("/")[0] == path]
        found = (*tree.children(rest), *(entry for entry in here if entry is not None))
        return tuple(sorted(found, key=lambda entry: entry.name))

    def read(self, path: str) -> bytes:
        tree, rest, _ = self._place(path.strip("/"))
        return tree.read(rest)

    def _place(self, path: str) -> tuple[FileTree, str, str]:
        """The tree that the path is in, the path there, and where that tree stands."""
        mount = path
        while mount:
            if mount in self._mounts:
                return self._mounts[mount], path[len(mount) :].strip("/"), mount
            mount = mount.rpartition("/")[0]
        return self._base, path, ""
