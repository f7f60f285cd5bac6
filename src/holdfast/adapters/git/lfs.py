"""Files of Git LFS: which a commit wants, where git-lfs puts them, and a tree that holds them instead of their pointers.

Source of the pointer's form: https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pygit2
from msgspec import Struct

from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.process import GitAnswer
from holdfast.adapters.git.remote import Remote
from holdfast.model.errors import Blocked, HoldfastError, Transient
from holdfast.model.filetree import Entry, FileTree, TreeLocation

LARGEST_FILE: Final = 32 * 1024**2
_LARGEST_POINTER: Final = 1024
_FIRST_LINE: Final = b"version https://git-lfs.github.com/spec/v1\n"
_OID: Final = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
_SIZE: Final = re.compile(rb"^size ([0-9]{1,18})$", re.MULTILINE)
_SAID: Final = 500


class Pointer(Struct, frozen=True):
    """`size` in bytes."""

    oid: str
    size: int

    def file(self, repository: str) -> Path:
        """Where git-lfs keeps the content."""
        return Path(repository) / "lfs" / "objects" / self.oid[:2] / self.oid[2:4] / self.oid

    def is_here(self, repository: str) -> bool:
        try:
            return self.file(repository).stat().st_size == self.size
        except OSError:
            return False


def pointer_of(content: bytes) -> Pointer | None:
    if len(content) > _LARGEST_POINTER or not content.startswith(_FIRST_LINE):
        return None
    oid, size = _OID.search(content), _SIZE.search(content)
    return Pointer(oid[1].decode(), int(size[1])) if oid and size else None


def pointers_of(location: TreeLocation, limits: GitLimits, url: str) -> tuple[Pointer, ...]:
    """Those of the commit. Raises Blocked when they are too many or too large together."""
    try:
        repository = pygit2.Repository(location.repository)
        root = repository[location.commit].peel(pygit2.Tree)
        found = {pointer.oid: pointer for pointer in _pointers(repository, root)}
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise Transient("RepositoryDamaged", f"commit {location.commit[:12]} is not whole on disk") from error
    size = sum(pointer.size for pointer in found.values())
    if size > limits.lfs_bytes or len(found) > limits.lfs_files:
        raise Blocked(
            "LFSTooLarge",
            f"repository {url}: Git LFS holds {len(found):,} files of {size:,} bytes at {location.commit[:12]}; at most "
            f"{limits.lfs_files:,} files of {limits.lfs_bytes:,} bytes are fetched",
        )
    return tuple(found.values())


def _pointers(repository: pygit2.Repository, root: pygit2.Tree) -> Iterator[Pointer]:
    pending, seen = [root], {root.id}
    while pending:
        for item in pending.pop():
            if item.id in seen:
                continue
            if isinstance(item, pygit2.Tree):
                seen.add(item.id)
                pending.append(item)
            elif isinstance(item, pygit2.Blob) and repository.odb.read_header(item.id)[1] <= _LARGEST_POINTER:
                seen.add(item.id)
                if pointer := pointer_of(item.data):
                    yield pointer


def fetch_arguments(remote: Remote, ref: str) -> list[str]:
    """For git in the mirror. What a repository's own .lfsconfig says of addresses and filters does not count."""
    address = _address(remote)
    settings = {
        "remote.origin.url": f"file://{remote.address}" if remote.is_local else remote.address,
        "remote.origin.lfsurl": address,
        "lfs.url": address,
        "lfs.fetchinclude": "",
        "lfs.fetchexclude": "",
        "lfs.fetchrecentalways": "false",
        "lfs.skipdownloaderrors": "false",
        "lfs.basictransfersonly": "true",
        "lfs.concurrenttransfers": "4",
        "lfs.transfer.maxretries": "1",
        "lfs.dialtimeout": "20",
        "lfs.activitytimeout": "30",
    }
    chosen = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
    return [*chosen, "lfs", "fetch", "--include=", "--exclude=", "origin", ref]


def _address(remote: Remote) -> str:
    """Source: https://github.com/git-lfs/git-lfs/blob/main/docs/api/server-discovery.md"""
    if remote.is_local:
        return f"file://{remote.address}"
    if remote.is_ssh:
        return remote.address
    base = remote.address.rstrip("/")
    return f"{base}/info/lfs" if base.endswith(".git") else f"{base}.git/info/lfs"


def failure(remote: Remote, answer: GitAnswer) -> HoldfastError:
    said = answer.errors.strip()
    if "is not a git command" in said:
        return Blocked(
            "GitLFSMissing",
            f"repository {remote.url} has enableLfs, and the program git-lfs is not on the PATH of this process: install "
            "git-lfs, or set enableLfs to false where the manifests need no file of Git LFS",
        )
    lines = " ".join(said.split())[-_SAID:]
    return Transient(
        "RepositoryUnreachable", f"repository {remote.url}: its files of Git LFS cannot be fetched: {lines}"
    )


def missing(remote: Remote, pointer: Pointer) -> Blocked:
    return Blocked(
        "LFSObjectMissing",
        f"repository {remote.url}: its Git LFS does not hold {pointer.oid[:12]} of {pointer.size:,} bytes, which a file "
        "of the commit points at: push it with `git lfs push --all`",
    )


class LfsTree:
    """A FileTree whose pointers are the files that they point at. Hashes are other ones than without Git LFS, as the
    content is."""

    def __init__(self, tree: FileTree, repository: str) -> None:
        self._tree = tree
        self._repository = repository

    @property
    def revision(self) -> str:
        return self._tree.revision

    def entry(self, path: str) -> Entry | None:
        entry = self._tree.entry(path)
        return None if entry is None else _marked(entry)

    def children(self, path: str) -> tuple[Entry, ...]:
        return tuple(_marked(entry) for entry in self._tree.children(path))

    def read(self, path: str) -> bytes:
        content = self._tree.read(path)
        pointer = pointer_of(content)
        if pointer is None:
            return content
        if pointer.size > LARGEST_FILE:
            raise Blocked(
                "ManifestTooLarge",
                f"{path} at {self.revision[:12]} has {pointer.size} bytes in Git LFS; at most {LARGEST_FILE} are read",
            )
        try:
            return pointer.file(self._repository).read_bytes()
        except OSError as error:
            raise Transient("RepositoryDamaged", f"{path}: its file of Git LFS is gone: it is fetched anew") from error


def _marked(entry: Entry) -> Entry:
    return msgspec.structs.replace(entry, hash=f"{entry.hash}+lfs")
