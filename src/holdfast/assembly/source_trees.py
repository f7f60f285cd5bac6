"""Opens the files of a source, wherever they lie: a commit of a mirror, or a folder."""

from __future__ import annotations

from holdfast.adapters.git.tree import open_tree
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.model.filetree import FileTree, TreeLocation


def open_source_tree(location: TreeLocation) -> FileTree:
    """At the top of a module, since render workers find it by its name."""
    return open_tree(location) if location.repository.endswith(".git") else open_local_tree(location)
