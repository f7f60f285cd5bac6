"""What of a tree a render depends on, so that it can be told cheaply whether another commit changes any of it."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct, field

from holdfast.engine.render.prepare import Job
from holdfast.model.filetree import Entry, EntryKind, FileTree

SHORTEST_ABBREVIATION = 7


class Trace(Struct):
    """What was found at each path and in each folder; `contents` are hashes of folders with all that is in them. `whole` means that it may depend on the commit as such."""

    entries: dict[str, Any]
    listings: dict[str, Any]
    whole: bool = False
    contents: dict[str, str] = field(default_factory=dict)


class TracedTree:
    """A FileTree that notes what it is asked. Of a folder only what was looked at in it counts."""

    def __init__(self, tree: FileTree) -> None:
        self.trace = Trace({}, {})
        self._tree = tree

    @property
    def revision(self) -> str:
        self.trace.whole = True
        return self._tree.revision

    def entry(self, path: str) -> Entry | None:
        found = self._tree.entry(path)
        if not path.strip("/"):
            self.trace.whole = True
        self.trace.entries[path] = _shown(found)
        return found

    def children(self, path: str) -> tuple[Entry, ...]:
        found = self._tree.children(path)
        self.trace.listings[path] = tuple(map(_shown, found))
        return found

    def read(self, path: str) -> bytes:
        self.trace.entries[path] = _shown(self._tree.entry(path))
        return self._tree.read(path)

    def holds(self, path: str) -> None:
        """All that is below the folder counts, or the file."""
        if not path:
            self.trace.whole = True
        self.trace.contents[path] = _hash(self._tree, path)

    def names_commit(self, job: Job) -> None:
        """A job into which the commit itself was written is another one at every commit."""
        if self._tree.revision[:SHORTEST_ABBREVIATION].encode() in msgspec.json.encode(job):
            self.trace.whole = True


class Beside:
    """Holds traces against another tree; what several of them share is looked up once."""

    def __init__(self, tree: FileTree) -> None:
        self._tree = tree
        self._entries: dict[str, Any] = {}
        self._listings: dict[str, Any] = {}
        self._contents: dict[str, str] = {}

    def is_same(self, trace: Trace) -> bool:
        return (
            not trace.whole
            and all(self._entry(path) == shown for path, shown in trace.entries.items())
            and all(self._listing(path) == shown for path, shown in trace.listings.items())
            and all(self._content(path) == known for path, known in trace.contents.items())
        )

    def _entry(self, path: str) -> Any:
        if path not in self._entries:
            self._entries[path] = _shown(self._tree.entry(path))
        return self._entries[path]

    def _content(self, path: str) -> str:
        if path not in self._contents:
            self._contents[path] = _hash(self._tree, path)
        return self._contents[path]

    def _listing(self, path: str) -> Any:
        if path not in self._listings:
            self._listings[path] = tuple(map(_shown, self._tree.children(path)))
        return self._listings[path]


def _hash(tree: FileTree, path: str) -> str:
    entry = tree.entry(path)
    return entry.hash if entry else ""


def _shown(entry: Entry | None) -> Any:
    if entry is None:
        return None
    return (entry.name, entry.kind, "" if entry.kind is EntryKind.DIRECTORY else entry.hash, entry.executable)
