"""Keeps every path inside the repository: no `..`, no absolute path, no symlink leads out."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from holdfast.model.errors import Blocked
from holdfast.model.filetree import Entry, EntryKind, FileTree

MAX_LINKS = 40  # what Linux follows in one path
MAX_FILES = 50_000
MAX_BYTES = 256 * 1024**2
MAX_DEPTH = 100


class FoundFile(Struct, frozen=True):
    """`relative` is the path below the folder that was walked, `path` where the content stands in the tree."""

    relative: str
    path: str
    entry: Entry


def join(base: str, path: str) -> str:
    """`path` seen from the folder `base`, without dots. A leading "/" means the root of the repository."""
    parts: list[str] = [] if path.startswith("/") else [part for part in base.split("/") if part]
    for part in path.split("/"):
        if part == "..":
            if not parts:
                raise _escapes(path, "leads out of the repository")
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def resolve(tree: FileTree, path: str) -> str | None:
    """Where `path` leads when its symlinks are followed; None when nothing is there."""
    pending = [part for part in reversed(path.split("/")) if part]
    reached: list[str] = []
    links = 0
    while pending:
        part = pending.pop()
        if part == "..":
            if not reached:
                raise _escapes(path, "is a symlink that leads out of the repository")
            reached.pop()
            continue
        if part in ("", "."):
            continue
        here = "/".join((*reached, part))
        entry = tree.entry(here)
        if entry is None:
            return None
        if entry.kind is not EntryKind.SYMLINK:
            reached.append(part)
            continue
        links += 1
        if links > MAX_LINKS:
            raise _escapes(path, f"follows more than {MAX_LINKS} symlinks")
        target = tree.read(here).decode("utf-8", errors="replace")
        if target.startswith("/"):
            raise _escapes(here, f"is a symlink to {target}, which is outside the repository")
        pending.extend(reversed(target.split("/")))
    return "/".join(reached)


def is_directory(tree: FileTree, path: str) -> bool:
    """`path` must be resolved."""
    if path == "":
        return True
    entry = tree.entry(path)
    return entry is not None and entry.kind is EntryKind.DIRECTORY


def read_file(tree: FileTree, path: str) -> bytes | None:
    """The content that `path` leads to; None when there is no such file."""
    resolved = resolve(tree, path)
    if resolved is None or is_directory(tree, resolved):
        return None
    return tree.read(resolved)


def files_below(tree: FileTree, root: str) -> list[FoundFile]:
    """Every file below the folder `root`, symlinks followed, within bounds. Links to nothing are left out."""
    found: list[FoundFile] = []
    size = folders = 0
    for file in _walk(tree, root, "", ()):
        folders += file is None
        size += 0 if file is None else file.entry.size
        if len(found) + folders >= MAX_FILES or size > MAX_BYTES:
            raise Blocked(
                "ManifestTooLarge",
                f"{root or 'the repository'} holds more than {MAX_FILES:,} files and folders, those behind symlinks "
                f"counted each time, or {MAX_BYTES // 1024**2} MiB: "
                "point the source's path at a smaller folder",
            )
        if file is not None:
            found.append(file)
    return found


def _walk(tree: FileTree, folder: str, prefix: str, above: tuple[str, ...]) -> Iterator[FoundFile | None]:
    """None stands for a folder: a few that link to one another twice each have more paths than can be walked."""
    if folder in above or len(above) > MAX_DEPTH:
        raise _escapes(prefix.rstrip("/") or folder, "is a symlink to a folder that holds it")
    for entry in tree.children(folder):
        path = f"{folder}/{entry.name}" if folder else entry.name
        if entry.kind is EntryKind.SYMLINK:
            target = resolve(tree, path)
            reached = tree.entry(target) if target else None
            if target is None or (target and reached is None):
                continue
            path, entry_kind = target, reached.kind if reached else EntryKind.DIRECTORY
            content = reached or entry
        else:
            entry_kind, content = entry.kind, entry
        if entry_kind is EntryKind.DIRECTORY:
            yield None
            yield from _walk(tree, path, f"{prefix}{entry.name}/", (*above, folder))
        else:
            yield FoundFile(prefix + entry.name, path, content)


def _escapes(path: str, problem: str) -> Blocked:
    return Blocked("PathEscapes", f"{path!r} {problem}: use a path inside the repository")
