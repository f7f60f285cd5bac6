"""The attacker hopes that few bytes of his cost the engine its time or its memory."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pygit2
import pytest

from holdfast.adapters.git.tree import open_tree
from holdfast.adapters.rendering.local_tree import open_local_tree
from holdfast.engine.render import directory, paths
from holdfast.engine.render.directory import DirectoryJob
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.rendering import RenderLimits
from holdfast.model.source_options import HelmOptions

Refused = Callable[..., Blocked]
CHART = {
    "app/Chart.yaml": "apiVersion: v2\nname: a\nversion: 0.1.0\n",
    "app/templates/a.yaml": "{{ .Values | toJson }}",
}
ALIASES = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
DEEP = "a: " + "[" * 50_000 + "]" * 50_000
MANY = "---\na: b\n" * 50_000
HEAD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

TEXTS = {"aliases": ALIASES, "depth": DEEP}


@pytest.mark.parametrize("what", TEXTS)
@pytest.mark.parametrize(
    "place", ["app/values.yaml", "app/Chart.yaml", "app/Chart.lock", "app/.argocd-source.yaml", "app/more.yaml"]
)
def test_yaml_that_stands_for_more_than_it_is(what: str, place: str, refused: Refused) -> None:
    began = time.monotonic()
    refused({**CHART, "app/more.yaml": "a: b\n", place: TEXTS[what]}, helm=HelmOptions(value_files=("more.yaml",)))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("what", TEXTS)
@pytest.mark.parametrize("place", ["app/kustomization.yaml", "app/a.yaml"])
def test_yaml_that_stands_for_more_than_it_is_in_kustomizations(what: str, place: str, refused: Refused) -> None:
    began = time.monotonic()
    plain = {"app/kustomization.yaml": "resources: [a.yaml]\n", "app/a.yaml": HEAD}
    refused({**plain, place: HEAD + TEXTS[what]}, limits=RenderLimits(seconds=2))
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("what", TEXTS)
def test_yaml_that_stands_for_more_than_it_is_in_manifests(what: str, refused: Refused) -> None:
    refused({"app/a.yaml": HEAD + TEXTS[what]})


def test_too_many_documents(refused: Refused) -> None:
    assert refused({"app/a.yaml": MANY}).reason == "ManifestTooLarge"


def test_a_program_that_says_more_than_is_allowed(refused: Refused) -> None:
    program = "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: 'a'}, data: {a: std.repeat('x', 1000000)}}"
    assert refused({"app/a.jsonnet": program}, limits=RenderLimits(output_bytes=1000)).reason == "ManifestTooLarge"


def folders(files: Mapping[str, str]) -> dict[str, str]:
    """Thirty folders, each with two links to the next: a thousand million paths and no file."""
    links = {f"deep/{n}/{side}": f"-> ../{n + 1}" for n in range(30) for side in ("l", "r")}
    return {**files, **links, "deep/30/keep": ""}


def test_folders_that_link_to_one_another_twice(refused: Refused) -> None:
    began = time.monotonic()
    error = refused(folders({**CHART, "app/files": "-> ../deep/0"}))
    assert (error.reason, time.monotonic() - began < 20) == ("ManifestTooLarge", True)


def test_a_tree_of_git_that_holds_itself_many_times(tmp_path: Path) -> None:
    """Ten trees of ten entries, each the same tree below: ten thousand million files in eleven objects."""
    repository = pygit2.init_repository(str(tmp_path / "r"), bare=True)
    builder = repository.TreeBuilder()
    builder.insert("a.txt", repository.create_blob(b"x"), pygit2.enums.FileMode.BLOB)
    tree = builder.write()
    for _ in range(10):
        builder = repository.TreeBuilder()
        for n in range(10):
            builder.insert(f"d{n}", tree, pygit2.enums.FileMode.TREE)
        tree = builder.write()
    who = pygit2.Signature("a", "a@b")
    commit = repository.create_commit("refs/heads/main", who, who, "bomb", tree, [])
    found = open_tree(TreeLocation(str(tmp_path / "r"), str(commit)))
    with pytest.raises(Blocked, match="too many"):
        directory.files(found, DirectoryJob("", recurse=True))
    with pytest.raises(Blocked, match="more than"):
        paths.files_below(found, "")


def test_a_chain_of_aliases_that_is_no_bomb_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(HEAD + "data: &d {a: b}\nmore: *d\n")
    tree = open_local_tree(TreeLocation(str(tmp_path), "0" * 40))
    assert len(directory.render(tree, DirectoryJob(""), RenderLimits()).objects) == 1
