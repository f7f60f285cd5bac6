"""Submodules: fetched with their parent, and what they must not lead to."""

from __future__ import annotations

from pathlib import Path

import pytest

from holdfast.adapters.git import submodules
from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.git.submodules import Submodule
from holdfast.engine.render import paths
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.git.origin import Origin

SECRET = RepositoryAccess("https://git.example.com/team/web.git", username="a", password="b", ssh_known_hosts="k")


def link(origin: Origin, path: str, url: str, commit: str) -> str:
    """A commit with a submodule, made without reaching it."""
    known = origin.path / ".gitmodules"
    before = known.read_text() if known.exists() else ""
    known.write_text(f'{before}[submodule "{path}"]\n\tpath = {path}\n\turl = {url}\n')
    origin.git("add", ".gitmodules")
    origin.git("update-index", "--add", "--cacheinfo", f"160000,{commit},{path}")
    origin.git("commit", "--quiet", "--message", "link")
    return origin.git("rev-parse", "HEAD")


@pytest.mark.real_time
async def test_submodules_stand_in_their_folders_also_those_of_submodules(tmp_path: Path, limits: GitLimits) -> None:
    deep, lib, web = (Origin(tmp_path / name) for name in ("deep", "lib", "web"))
    first = deep.commit(b_dot_yaml="deep")
    lib.commit(a_dot_yaml="lib")
    second = link(lib, "vendor/deep", "../deep", first)
    web.commit(app__own_dot_yaml="own")
    head = link(web, "app/lib", "../lib", second)
    repositories = GitRepositories(tmp_path / "mirrors", clock=SystemClock(), limits=limits)
    try:
        tree = repositories.open(await repositories.fetch(RepositoryAccess(web.url), head))
        assert [entry.name for entry in tree.children("app")] == ["lib", "own.yaml"]
        assert [entry.name for entry in tree.children("app/lib")] == [".gitmodules", "a.yaml", "vendor"]
        assert tree.read("app/lib/a.yaml") == b"lib"
        assert tree.read("app/lib/vendor/deep/b.yaml") == b"deep"
        assert {file.relative for file in paths.files_below(tree, "app")} >= {"lib/vendor/deep/b.yaml", "own.yaml"}
        plain = repositories.open(await repositories.fetch(RepositoryAccess(web.url, submodules=False), head))
        assert [entry.name for entry in plain.children("app")] == ["own.yaml"]
    finally:
        await repositories.close()


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("../lib.git", "https://git.example.com/team/lib.git"),
        ("../../other/lib.git", "https://git.example.com/other/lib.git"),
        ("./lib", "https://git.example.com/team/web.git/lib"),
        ("https://elsewhere.example.com/lib", "https://elsewhere.example.com/lib"),
    ],
)
def test_relative_addresses_are_seen_from_the_parent(url: str, found: str) -> None:
    assert submodules.absolute(url, SECRET.url) == found


def test_a_relative_address_stays_below_the_host() -> None:
    with pytest.raises(Blocked):
        submodules.absolute("../../../../x", SECRET.url)


@pytest.mark.parametrize(
    ("url", "has_password"),
    [
        ("https://git.example.com/team/lib.git", True),
        ("http://git.example.com/team/lib.git", False),
        ("https://git.example.org/team/lib.git", False),
        ("git@git.example.com:team/lib.git", False),
    ],
)
def test_a_password_goes_to_the_same_host_over_the_same_protocol_alone(url: str, has_password: bool) -> None:
    found = submodules.access_to(Submodule("lib", url, "0" * 40), SECRET)
    assert (found.url, bool(found.password), found.ssh_known_hosts) == (url, has_password, "k")


@pytest.mark.parametrize("url", ["file:///etc", "/srv/git/secret", "http://169.254.169.254/x", "https://localhost/x"])
def test_a_repository_cannot_lead_into_this_machine_or_its_network(url: str) -> None:
    with pytest.raises(Blocked) as caught:
        submodules.access_to(Submodule("lib", url, "0" * 40), SECRET)
    assert caught.value.reason == "RepositoryURLInvalid"
