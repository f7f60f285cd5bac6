"""Writes the part of a tree that a tool needs into a folder of its own; symlinks become what they lead to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from holdfast.engine.render.paths import FoundFile
from holdfast.model.filetree import FileTree


def write_files(tree: FileTree, files: Iterable[FoundFile], folder: Path) -> None:
    """Each file at its relative path below `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    made = {folder}
    for file in files:
        target = folder / file.relative
        if target.parent not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(target.parent)
        target.write_bytes(tree.read(file.path))


def write_paths(tree: FileTree, sources: Mapping[str, str], folder: Path) -> None:
    """`sources` says for each path below `folder` where its content stands in the tree."""
    for path, source in sources.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(tree.read(source))
