"""The attacker hopes that a long text is looked through once for each of its signs: a megabyte of them would take hours, and
whoever looks holds up everybody else. What takes that long meets the time limit of all tests.
"""

from __future__ import annotations

from pathlib import Path

import pygit2
import pytest

from holdfast.adapters.git.submodules import submodules_of
from holdfast.engine.access.repository_urls import shown_url
from holdfast.engine.lang import durations
from holdfast.engine.preview.quoting import without_values
from holdfast.engine.render import build_environment
from holdfast.model.filetree import TreeLocation
from tests.adversarial.conftest import Render

MEGABYTE = 1_000_000


@pytest.mark.parametrize(("start", "part"), [("", "u"), ("https://", "u"), ("", "a@"), ("", "a:")])
def test_the_address_of_a_repository(start: str, part: str) -> None:
    url = start + part * MEGABYTE
    assert shown_url(url) == url


@pytest.mark.parametrize(("part", "end"), [("1", ""), ("1.", ""), ("1h", "1")])
def test_a_duration(part: str, end: str) -> None:
    assert durations.parse(part * MEGABYTE + end) is None


def test_what_a_cluster_says_in_quotes() -> None:
    assert without_values('\\"' * MEGABYTE) == '\\"*****"'


def test_braces_that_are_never_closed() -> None:
    assert build_environment.substitute("${" * MEGABYTE + "a}b", {}) == "b"
    assert build_environment.substitute("${" * MEGABYTE, {}) == ""


def test_a_template_that_gives_blank_lines(render: Render) -> None:
    template = '{{ repeat %d "\\n" }}# {{ repeat %d " " }}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n'
    found = render(
        {
            "app/Chart.yaml": "apiVersion: v2\nname: a\nversion: 0.1.0\n",
            "app/templates/a.yaml": template % (MEGABYTE, MEGABYTE),
        }
    )
    assert [obj["metadata"]["name"] for obj in found.objects] == ["a"]


def test_a_setting_of_gitmodules_with_blanks_in_it(tmp_path: Path) -> None:
    repository = pygit2.init_repository(str(tmp_path), bare=True)
    text = '[submodule "a"]\n\tpath = a' + " " * 250_000 + "b\n\turl = https://git.example/a.git\n"
    tree = repository.TreeBuilder()
    tree.insert(".gitmodules", repository.create_blob(text.encode()), pygit2.enums.FileMode.BLOB)
    who = pygit2.Signature("a", "a@b")
    commit = repository.create_commit("refs/heads/main", who, who, "long", tree.write(), [])
    assert submodules_of(TreeLocation(str(tmp_path), str(commit)), "https://git.example/parent.git") == ()
