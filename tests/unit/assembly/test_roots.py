"""The first Application: its name, its URL, its source."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.assembly import roots
from holdfast.model.errors import Blocked


@pytest.mark.parametrize(
    ("repository", "name"),
    [
        ("git@bitbucket.org:oro-codebase/microservice-identity.git", "microservice-identity"),
        ("https://example.org/team/My_Shop.git/", "my-shop"),
        ("/srv/git/infrastructure", "infrastructure"),
        ("https://example.org/---", "root"),
    ],
)
def test_the_application_is_named_after_the_repository(repository: str, name: str) -> None:
    assert roots.application_name(repository) == name


@pytest.mark.parametrize(
    "url", ["git@bitbucket.org:a/b.git", "https://example.org/a", "ssh://git@host:22/a", "file:///a"]
)
def test_a_url_stays_what_it_is(url: str) -> None:
    assert roots.repository_url(url) == url


def test_a_local_path_becomes_a_file_url(tmp_path: Path) -> None:
    assert roots.repository_url(str(tmp_path)) == f"file://{tmp_path}"


def test_a_path_that_is_not_there_is_named() -> None:
    with pytest.raises(Blocked, match="there is no folder /nowhere/at/all"):
        roots.repository_url("/nowhere/at/all")


def test_include_makes_the_source_read_all_folders(tmp_path: Path) -> None:
    root = roots.repository_root(
        str(tmp_path), path=".", revision="HEAD", include="*.yaml", namespace="argocd", destination_namespace="shop"
    )

    assert root["spec"]["source"]["directory"] == {"recurse": True, "include": "*.yaml"}
    assert root["spec"]["destination"]["namespace"] == "shop"
