"""The attacker hopes that git takes what he wrote for an option or a program, or shows credentials to his host."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holdfast.adapters.git import submodules
from holdfast.adapters.git.limits import GitLimits
from holdfast.adapters.git.refs import Refs, choose, missing_revision, parse_refs
from holdfast.adapters.git.remote import remote_of
from holdfast.adapters.git.repositories import GitRepositories
from holdfast.adapters.git.submodules import Submodule
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from holdfast.runtime.clock import SystemClock
from tests.unit.adapters.git.origin import Origin
from tests.unit.adapters.git.test_submodules import link

OPTIONS = ["--upload-pack=touch OWNED", "-u./evil", "--exec=touch OWNED", "-c core.sshCommand=touch OWNED"]
HELPERS = ["ext::sh -c 'touch OWNED'", "fd::17", "EXT::sh", "transport::x"]
SSH = [
    "ssh://-oProxyCommand=touch OWNED/x",
    "-oProxyCommand=x@h:y",
    "ssh://-l@host/x",
    "git@-oProxyCommand=x:y",
    "git@$(touch${IFS}OWNED):x",
    "ssh://git@a;touch OWNED/x",
    "ssh://git@a%24(x)/y",
    "git@`x`:y",
]


def was_run(folder: Path) -> bool:
    """Whether what the attacker wrote was run there, or where the tests are."""
    return bool([*folder.rglob("OWNED*"), *Path.cwd().glob("OWNED*")])


@pytest.mark.parametrize("url", [*OPTIONS, *HELPERS, *SSH, "https://h/\nx", "gopher://h/x", "git://h/x", ""])
def test_an_address_is_neither_option_nor_program(url: str, tmp_path: Path) -> None:
    with pytest.raises(Blocked) as caught:
        remote_of(url, {}, tmp_path)
    assert caught.value.reason == "RepositoryURLInvalid"


REVISIONS = [*OPTIONS, "main:refs/heads/x", "../../HEAD", "refs/heads/../../config", "HEAD^{/x}", "@{-1}", ":/x", "-", "main\nx"]  # fmt: skip


@pytest.mark.real_time
@pytest.mark.parametrize("revision", REVISIONS)
async def test_a_revision_is_neither_option_nor_expression(
    revision: str, tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin.commit(a="1")
    monkeypatch.chdir(tmp_path)
    repositories = GitRepositories(tmp_path / "mirrors", clock=SystemClock(), limits=GitLimits())
    try:
        with pytest.raises(Blocked) as caught:
            await repositories.resolve(RepositoryAccess(origin.url), revision)
        with pytest.raises(Blocked):
            await repositories.fetch(RepositoryAccess(origin.url), revision)
    finally:
        await repositories.close()
    assert caught.value.reason == "RevisionNotFound"
    assert not was_run(tmp_path)


@given(st.binary(max_size=400), st.text(max_size=60))
def test_whatever_a_server_says_of_its_refs_a_revision_is_one_of_its_commits_or_nothing(
    answer: bytes, revision: str
) -> None:
    refs = parse_refs(b"0" * 40 + b"\trefs/heads/" + answer)
    found = choose(refs, revision)
    assert found is None or found in {refs.head, *refs.commits.values()}
    assert revision in ("", "HEAD") or missing_revision("u", refs, revision)


REF_NAMES = st.text(alphabet="ab/-.~^:?*[\\@{} \n\x00é^", max_size=20)


@given(st.dictionaries(REF_NAMES.map("refs/tags/".__add__), st.just("1" * 40), max_size=8), REF_NAMES)
def test_odd_names_of_refs_are_no_patterns(commits: dict[str, str], revision: str) -> None:
    found = choose(Refs(commits), revision)
    if found is not None and not any(sign in revision for sign in "*~^ x"):
        assert {revision, f"refs/tags/{revision}"} & commits.keys() or revision == ""


PARENT = RepositoryAccess("https://git.example.com/team/web.git", username="u", password="p")
EVIL = ["https://git.example.com.evil.org/x", "https://git.example.com@evil.org/x", "https://evil.org/git.example.com", "https://git.example.com:8443/x", "http://git.example.com/x", "https://git.example.com:8443"]  # fmt: skip


@pytest.mark.parametrize("url", EVIL)
def test_a_submodule_of_another_host_gets_no_credentials(url: str) -> None:
    try:
        found = submodules.access_to(Submodule("lib", url, "0" * 40), PARENT)
    except Blocked:
        return
    assert not found.password


@pytest.mark.real_time
@pytest.mark.parametrize("url", [*HELPERS, *OPTIONS, *SSH])
async def test_a_submodule_runs_nothing(url: str, origin: Origin, tmp_path: Path) -> None:
    origin.commit(a="1")
    head = link(origin, "lib", url, "1" * 40)
    repositories = GitRepositories(tmp_path / "mirrors", clock=SystemClock(), limits=GitLimits())
    try:
        with pytest.raises(Blocked) as caught:
            await repositories.fetch(RepositoryAccess(origin.url), head)
    finally:
        await repositories.close()
    assert caught.value.reason == "RepositoryURLInvalid"
    assert not was_run(tmp_path)


@given(st.text(max_size=80) | st.lists(st.sampled_from(["[submodule \"a\"]\n", "path=a\n", "url=../x\n", "\x00", "=", "["])).map("".join))  # fmt: skip
def test_whatever_gitmodules_says_is_read(text: str) -> None:
    for path, url in submodules._named(text):
        with contextlib.suppress(Blocked):
            submodules.access_to(Submodule(path, submodules.absolute(url, PARENT.url), "0" * 40), PARENT)
