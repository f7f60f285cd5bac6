"""No path leaves the repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.engine.render import paths
from holdfast.model.errors import Blocked
from holdfast.model.filetree import FileTree

MakeTree = Callable[[Mapping[str, str]], FileTree]


@pytest.mark.parametrize(
    ("base", "path", "joined"),
    [
        ("", "helm/", "helm"),
        ("", ".", ""),
        ("a/b", "../c.yaml", "a/c.yaml"),
        ("a/b", "./c//d.yaml", "a/b/c/d.yaml"),
        ("a/b", "/values.yaml", "values.yaml"),
        ("a/b", "../..", ""),
    ],
)
def test_paths_are_joined_without_dots(base: str, path: str, joined: str) -> None:
    assert paths.join(base, path) == joined


@pytest.mark.parametrize("path", ["..", "../../../etc/passwd", "/../x", "b/../../../x"])
def test_a_path_that_leads_out_is_refused_by_name(path: str) -> None:
    with pytest.raises(Blocked) as caught:
        paths.join("a", "../" + path)
    assert caught.value.reason == "PathEscapes"
    assert path in caught.value.message


@given(st.lists(st.sampled_from(["..", ".", "", "a", "b"])).map("/".join))
def test_a_joined_path_holds_no_dots(path: str) -> None:
    try:
        joined = paths.join("x/y", path)
    except Blocked:
        return
    assert not {"..", "."} & set(joined.split("/"))
    assert not joined.startswith("/")


def test_symlinks_inside_are_followed(make_tree: MakeTree) -> None:
    tree = make_tree(
        {"a/real.yaml": "x", "b/link.yaml": "-> ../a/real.yaml", "dir": "-> b", "chain": "-> dir/link.yaml"}
    )
    assert paths.resolve(tree, "b/link.yaml") == "a/real.yaml"
    assert paths.resolve(tree, "dir/link.yaml") == "a/real.yaml"
    assert paths.resolve(tree, "chain") == "a/real.yaml"
    assert paths.resolve(tree, "nothing") is None
    assert paths.read_file(tree, "chain") == b"x"


@pytest.mark.parametrize("target", ["../../outside", "/etc/passwd", "../.."])
def test_a_symlink_that_leads_out_is_refused(make_tree: MakeTree, target: str) -> None:
    tree = make_tree({"a/link": f"-> {target}"})
    with pytest.raises(Blocked) as caught:
        paths.resolve(tree, "a/link")
    assert caught.value.reason == "PathEscapes"
    assert "'a/link'" in caught.value.message


def test_symlinks_in_a_circle_end(make_tree: MakeTree) -> None:
    tree = make_tree({"a": "-> b", "b": "-> a"})
    with pytest.raises(Blocked, match="more than 40 symlinks"):
        paths.resolve(tree, "a")


def test_files_below_a_folder_follow_links_to_files_and_folders(make_tree: MakeTree) -> None:
    tree = make_tree(
        {"c/x.yaml": "1", "c/l.yaml": "-> ../o/y.yaml", "c/d": "-> ../o", "o/y.yaml": "2", "c/gone": "-> no"}
    )
    found = {file.relative: file.path for file in paths.files_below(tree, "c")}
    assert found == {"x.yaml": "c/x.yaml", "l.yaml": "o/y.yaml", "d/y.yaml": "o/y.yaml"}


def test_a_folder_that_holds_itself_through_a_link_is_refused(make_tree: MakeTree) -> None:
    tree = make_tree({"c/x.yaml": "1", "c/again": "-> ../c"})
    with pytest.raises(Blocked, match="symlink to a folder that holds it"):
        paths.files_below(tree, "c")


def test_too_many_files_are_refused(make_tree: MakeTree, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "MAX_FILES", 2)
    tree = make_tree({f"c/{n}": "" for n in range(3)})
    with pytest.raises(Blocked) as caught:
        paths.files_below(tree, "c")
    assert caught.value.reason == "ManifestTooLarge"
