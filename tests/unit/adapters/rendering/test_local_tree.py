"""A folder on disk as a FileTree."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.adapters.rendering.local_tree import LocalTree
from holdfast.model.filetree import EntryKind


@pytest.fixture
def tree(tmp_path: Path) -> LocalTree:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "run.sh").write_text("x")
    (tmp_path / "a" / "run.sh").chmod(0o755)
    (tmp_path / "link").symlink_to("a")
    (tmp_path / ".git").mkdir()
    return LocalTree(tmp_path, "working copy")


def test_entries_say_what_stands_there(tree: LocalTree) -> None:
    assert tree.revision == "working copy"
    assert [(entry.name, entry.kind) for entry in tree.children("")] == [
        ("a", EntryKind.DIRECTORY),
        ("link", EntryKind.SYMLINK),
    ]
    script = tree.entry("a/run.sh")
    assert script is not None
    assert (script.name, script.kind, script.size, script.executable) == ("run.sh", EntryKind.FILE, 1, True)
    assert tree.entry("none") is None
    assert tree.children("a/run.sh") == ()


def test_symlinks_are_not_followed(tree: LocalTree) -> None:
    assert tree.read("link") == b"a"
    assert tree.entry("link/run.sh") is None
    with pytest.raises(KeyError):
        tree.read("link/run.sh")


@pytest.mark.parametrize("path", ["none", "a", "../x"])
def test_what_is_no_file_cannot_be_read(tree: LocalTree, path: str) -> None:
    with pytest.raises(KeyError):
        tree.read(path)


def test_a_folder_changes_with_what_it_holds(tree: LocalTree, tmp_path: Path) -> None:
    before = tree.entry("a")
    (tmp_path / "a" / "run.sh").write_text("y")
    after = LocalTree(tmp_path, "").entry("a")
    assert before is not None
    assert after is not None
    assert before.hash != after.hash
