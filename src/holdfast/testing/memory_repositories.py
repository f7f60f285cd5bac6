"""Repositories that live in memory, for tests and simulations."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from holdfast.model.errors import Blocked, HoldfastError
from holdfast.model.filetree import Entry, EntryKind, FileTree, TreeLocation
from holdfast.model.repository import RepositoryAccess

COMMIT_LENGTH = 40


class MemoryTree:
    """A FileTree of texts by path."""

    def __init__(self, files: Mapping[str, str], revision: str = "0" * 40) -> None:
        self._files = {path: text.encode() for path, text in files.items()}
        self._revision = revision
        self._entries: dict[str, Entry | None] = {}

    @property
    def revision(self) -> str:
        return self._revision

    def entry(self, path: str) -> Entry | None:
        if path not in self._entries:
            self._entries[path] = self._entry(path)
        return self._entries[path]

    def _entry(self, path: str) -> Entry | None:
        name = path.rpartition("/")[2]
        if path in self._files:
            content = self._files[path]
            return Entry(name, EntryKind.FILE, hashlib.sha1(content).hexdigest(), len(content))  # noqa: S324 - as Git
        below = sorted((known, content) for known, content in self._files.items() if _is_below(known, path))
        if not below:
            return None
        return Entry(name, EntryKind.DIRECTORY, hashlib.sha1(repr(below).encode()).hexdigest())  # noqa: S324 - as Git

    def children(self, path: str) -> tuple[Entry, ...]:
        prefix = f"{path}/" if path else ""
        names = {known[len(prefix) :].partition("/")[0] for known in self._files if _is_below(known, path)}
        return tuple(entry for name in sorted(names) if (entry := self.entry(prefix + name)) is not None)

    def read(self, path: str) -> bytes:
        return self._files[path]


def _is_below(known: str, path: str) -> bool:
    return known.startswith(f"{path}/") if path else True


class MemoryRepositories:
    """One line of commits for each URL. `trouble` is raised by whoever asks, for as long as it is set."""

    def __init__(self) -> None:
        self.trouble: HoldfastError | None = None
        self.resolved = 0
        self.fetched: list[str] = []
        self.authors: dict[str, str] = {}
        self.asked: list[RepositoryAccess] = []
        self._trees: dict[str, MemoryTree] = {}
        self._heads: dict[str, str] = {}

    def commit(self, url: str, files: Mapping[str, str]) -> str:
        """Makes this the newest commit, whole; answers its id."""
        text = f"{len(self._trees)} {sorted(files.items())!r}"
        revision = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - as Git
        self._trees[revision] = MemoryTree(files, revision)
        self._heads[url] = revision
        return revision

    def commits(self) -> list[str]:
        """All that there are, of all repositories, oldest first."""
        return list(self._trees)

    def head(self, url: str) -> str:
        """The commit of the branch."""
        return self._heads[url]

    def move(self, url: str, commit: str) -> None:
        """Makes the branch another commit that is there already: what came after it stays known by its id."""
        self._heads[url] = commit

    def forget(self, commit: str) -> None:
        """The history was rewritten: nobody has this commit any more."""
        del self._trees[commit]

    async def resolve(
        self, access: RepositoryAccess, target_revision: str, *, tag_prefix: str = "", fresh: bool = False
    ) -> str:
        self.resolved += 1
        self.asked.append(access)
        if self.trouble is not None:
            raise self.trouble
        if access.url not in self._heads:
            raise Blocked("RepositoryNotFound", f"repository {access.url} does not exist")
        if len(target_revision) == COMMIT_LENGTH or target_revision in self._trees:
            return target_revision
        if target_revision not in ("", "HEAD", "main"):
            raise Blocked("RevisionNotFound", f"{access.url} has no revision {target_revision}")
        return self._heads[access.url]

    async def fetch(self, access: RepositoryAccess, commit: str) -> TreeLocation:
        if commit not in self._trees:
            raise Blocked("RevisionNotFound", f"{access.url} has no commit {commit}")
        self.fetched.append(commit)
        return TreeLocation(access.url, commit)

    def people(self, location: TreeLocation) -> tuple[str, ...]:
        """Whoever the test says in `authors`."""
        known = self.authors.get(location.commit)
        return (known,) if known else ()

    async def opened(self, access: RepositoryAccess) -> RepositoryAccess:
        return access

    def open(self, location: TreeLocation) -> FileTree:
        return self._trees[location.commit]
