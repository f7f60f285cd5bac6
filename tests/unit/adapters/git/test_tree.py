"""The files of a commit, as the renderer sees them."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from holdfast.adapters.git import tree as git_tree
from holdfast.adapters.git.tree import open_tree, people_of
from holdfast.model.errors import Blocked
from holdfast.model.filetree import Entry, EntryKind, FileTree, TreeLocation
from tests.unit.adapters.git.origin import Origin


@pytest.fixture
def tree(origin: Origin) -> FileTree:
    origin.write("helm/Chart.yaml", "name: x\n")
    origin.write("helm/templates/a.yaml", "a: 1\n")
    origin.write("helm.yaml", "")
    origin.write("run.sh", "#!/bin/sh\n")
    (origin.path / "run.sh").chmod(0o755)
    (origin.path / "link").symlink_to("../../etc/passwd")
    origin.git("add", "--all")
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},module")
    origin.git("commit", "--quiet", "--message", "files")
    return open_tree(TreeLocation(str(origin.path / ".git"), origin.git("rev-parse", "HEAD")))


def test_children_are_sorted_by_name_and_submodules_left_out(tree: FileTree) -> None:
    found = [(entry.name, entry.kind, entry.size, entry.executable) for entry in tree.children("")]
    assert found == [
        ("helm", EntryKind.DIRECTORY, 0, False),
        ("helm.yaml", EntryKind.FILE, 0, False),
        ("link", EntryKind.SYMLINK, 16, False),
        ("run.sh", EntryKind.FILE, 10, True),
    ]


def test_looking_up_paths_leaves_nothing_behind_in_memory(tree: FileTree) -> None:
    """For as long as an engine runs it looks up the same names, each time as another str."""
    path = "helm/templates/a.yaml"

    def look() -> None:
        for _ in range(500):
            tree.entry("/".join(path.split("/")))

    look()
    tracemalloc.start()
    try:
        look()
        left, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert left < 10_000


@pytest.mark.parametrize("path", ["", "helm", "helm/", "helm/templates/a.yaml", "link"])
def test_an_entry_is_found_by_its_path(tree: FileTree, path: str) -> None:
    entry = tree.entry(path)
    assert entry is not None
    assert entry.name == path.strip("/").rpartition("/")[2]
    assert len(entry.hash) == 40


@pytest.mark.parametrize(
    "path",
    ["gone", "helm/gone", "helm.yaml/x", "..", "../x", "helm/..", "helm/../run.sh", "link/x", "module", "a//b", "."],
)
def test_what_is_not_there_is_none_and_nothing_leaves_the_root(tree: FileTree, path: str) -> None:
    assert tree.entry(path) is None
    assert tree.children(path) == ()
    with pytest.raises(KeyError):
        tree.read(path)


def test_a_symlink_reads_as_the_text_of_its_target(tree: FileTree) -> None:
    assert tree.read("link") == b"../../etc/passwd"
    assert tree.read("helm/Chart.yaml") == b"name: x\n"


@pytest.mark.parametrize("path", ["", "helm"])
def test_a_directory_is_no_file(tree: FileTree, path: str) -> None:
    with pytest.raises(KeyError):
        tree.read(path)


def test_a_huge_file_is_refused(tree: FileTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(git_tree, "MAX_BLOB", 4)
    with pytest.raises(Blocked, match="has 10 bytes; at most 4 are read") as caught:
        tree.read("run.sh")
    assert caught.value.reason == "ManifestTooLarge"


def test_equal_files_have_equal_hashes(origin: Origin) -> None:
    origin.write("a/x", "same")
    origin.write("b/x", "same")
    commit = origin.commit()
    tree = open_tree(TreeLocation(str(origin.path / ".git"), commit))
    first, second = tree.entry("a"), tree.entry("b")
    assert isinstance(first, Entry)
    assert isinstance(second, Entry)
    assert first.hash == second.hash


def test_the_location_may_be_a_path_object_turned_to_text(origin: Origin) -> None:
    commit = origin.commit(a="1")
    location = TreeLocation(str(Path(origin.path) / ".git"), commit)
    assert open_tree(location).revision == commit


def test_the_people_of_a_commit_are_its_author_and_committer(tree: FileTree, origin: Origin) -> None:
    origin.git("commit", "--quiet", "--allow-empty", "--message", "more", "--author", "Bea <bea@example.com>")
    committer = origin.git("log", "-1", "--format=%ce")
    found = people_of(TreeLocation(str(origin.path / ".git"), origin.git("rev-parse", "HEAD")))
    assert found == ("bea@example.com", committer)
