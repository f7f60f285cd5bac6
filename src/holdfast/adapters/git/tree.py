"""The files of one commit, read straight from the objects of a bare mirror."""

from __future__ import annotations

import sys
from pathlib import Path

import pygit2

from holdfast.adapters.git.lfs import LfsTree
from holdfast.adapters.git.mounted import MountedTree
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import Entry, EntryKind, FileTree, TreeLocation

MAX_BLOB = 32 * 1024**2
DAMAGED = "holdfast-damaged"
"""A file of this name in a mirror asks for it to be made anew at the next fetch."""

_DIRECTORY, _SYMLINK, _SUBMODULE, _EXECUTABLE = 0o040000, 0o120000, 0o160000, 0o100755


def open_tree(location: TreeLocation) -> FileTree:
    """Raises Transient when the mirror or the commit is not there (any more)."""
    commit = open_commit(location)
    tree: FileTree = LfsTree(commit, location.repository) if location.lfs else commit
    if not location.mounts:
        return tree
    mounts = {
        mount.path: open_tree(TreeLocation(mount.repository, mount.commit, lfs=mount.lfs)) for mount in location.mounts
    }
    return MountedTree(tree, mounts)


def open_commit(location: TreeLocation) -> GitTree:
    """The commit without its submodules."""
    try:
        repository = pygit2.Repository(location.repository)
        commit = repository[location.commit]
        tree = commit.peel(pygit2.Tree)
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise _damaged(location) from error
    return GitTree(location, repository, tree)


def people_of(location: TreeLocation) -> tuple[str, ...]:
    """The e-mail addresses of author and committer. Raises Transient as `open_tree`."""
    try:
        commit = pygit2.Repository(location.repository)[location.commit].peel(pygit2.Commit)
        return tuple(dict.fromkeys(who.email for who in (commit.author, commit.committer) if who.email))
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise _damaged(location) from error


class GitTree:
    """A FileTree. Submodules are left out: MountedTree puts them in."""

    def __init__(self, location: TreeLocation, repository: pygit2.Repository, root: pygit2.Tree) -> None:
        self._location = location
        self._repository = repository
        self._trees: dict[str, pygit2.Tree | None] = {"": root}
        self._entries: dict[str, tuple[Entry, ...]] = {}

    @property
    def revision(self) -> str:
        return self._location.commit

    def entry(self, path: str) -> Entry | None:
        path = path.strip("/")
        if not path:
            root = self._trees[""]
            return Entry("", EntryKind.DIRECTORY, str(root.id)) if root is not None else None
        parent, _, name = path.rpartition("/")
        found = _member(self._tree(parent), name)
        return None if found is None else self._read_entry(found)

    def children(self, path: str) -> tuple[Entry, ...]:
        path = path.strip("/")
        if path not in self._entries:
            tree = self._tree(path)
            found = [self._read_entry(item) for item in tree] if tree is not None else []
            self._entries[path] = tuple(
                sorted((item for item in found if item is not None), key=lambda item: item.name)
            )
        return self._entries[path]

    def read(self, path: str) -> bytes:
        entry = self.entry(path)
        if entry is None or entry.kind is EntryKind.DIRECTORY:
            raise KeyError(path)
        if entry.size > MAX_BLOB:
            raise Blocked(
                "ManifestTooLarge",
                f"{path} at {self.revision[:12]} has {entry.size} bytes; at most {MAX_BLOB} are read",
            )
        try:
            blob = self._repository[entry.hash]
        except (pygit2.GitError, KeyError) as error:
            raise _damaged(self._location) from error
        return blob.data if isinstance(blob, pygit2.Blob) else b""

    def _tree(self, path: str) -> pygit2.Tree | None:
        if path in self._trees:
            return self._trees[path]
        parent, _, name = path.rpartition("/")
        member = _member(self._tree(parent), name)
        found: pygit2.Object | None = None
        if member is not None and member.filemode == _DIRECTORY:
            try:
                found = self._repository[member.id]
            except (pygit2.GitError, KeyError) as error:
                raise _damaged(self._location) from error
        tree = found if isinstance(found, pygit2.Tree) else None
        self._trees[path] = tree
        return tree

    def _read_entry(self, item: pygit2.Object) -> Entry | None:
        if item.filemode == _SUBMODULE or item.name is None:
            return None
        if item.filemode == _DIRECTORY:
            return Entry(item.name, EntryKind.DIRECTORY, str(item.id))
        kind = EntryKind.SYMLINK if item.filemode == _SYMLINK else EntryKind.FILE
        try:
            size = self._repository.odb.read_header(item.id)[1]
        except (pygit2.GitError, KeyError) as error:
            raise _damaged(self._location) from error
        return Entry(item.name, kind, str(item.id), size, item.filemode == _EXECUTABLE)


def _member(tree: pygit2.Tree | None, name: str) -> pygit2.Object | None:
    """pygit2 never lets go of a name that it has looked up (seen in 1.21): interned, each name is held once."""
    name = sys.intern(name)
    return tree[name] if tree is not None and name in tree else None


def _damaged(location: TreeLocation) -> Transient:
    """Says so in the mirror itself, since whoever fetches next may be another process."""
    folder = Path(location.repository)
    if folder.is_dir():
        (folder / DAMAGED).touch()
    return Transient("RepositoryDamaged", f"commit {location.commit[:12]} is not whole on disk: it is fetched anew")
