"""Revert commits, made with the real git program."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import msgspec
import pytest

from holdfast.adapters.git.reverting import Identity, Pushed, Revert, revert
from holdfast.model.errors import Blocked
from holdfast.model.repository import RepositoryAccess
from tests.unit.adapters.git.origin import Origin

pytestmark = pytest.mark.real_time
ADA = Identity("Ada Lovelace", "ada@example.com")


@pytest.fixture
def bare(origin: Origin, tmp_path: Path) -> Origin:
    """What people push to: a repository without a work tree."""
    origin.commit(app__a="good", other__b="one")
    path = tmp_path / "bare.git"
    origin.git("clone", "--quiet", "--bare", ".", str(path))
    origin.git("remote", "add", "bare", str(path))
    return origin


def run(*command: str, env: dict[str, str] | None = None) -> str:
    return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout


def push(origin: Origin) -> None:
    origin.git("push", "--quiet", "bare", "main")


def shown(origin: Origin, what: str) -> str:
    origin.git("fetch", "--quiet", "bare")
    return origin.git("show", what)


async def take_back(origin: Origin, tmp_path: Path, asked: Revert, who: Identity = ADA) -> Pushed:
    url = f"file://{tmp_path}/bare.git"
    return await revert(RepositoryAccess(url=url), asked, who, directory=tmp_path / "private")


def asked_for(good: str, bad: str, **more: str) -> Revert:
    fields = {"branch": "main", "path": "app", "subject": 'Revert "web" to what ran', **more}
    return Revert(good=good, bad=bad, **fields)


async def test_the_commits_of_the_application_are_taken_back_and_those_of_others_stay(
    bare: Origin, tmp_path: Path
) -> None:
    good = bare.git("rev-parse", "HEAD")
    first = bare.commit(app__a="bad")
    bare.commit(other__b="two")
    bad = bare.commit(app__c="worse")
    bare.commit(other__b="three")
    push(bare)
    pushed = await take_back(bare, tmp_path, asked_for(good, bad))
    assert pushed.branch == "main"
    assert pushed.reverted == (bad, first)
    assert shown(bare, "bare/main:app/a") == "good"
    assert shown(bare, "bare/main:other/b") == "three"
    assert "fatal" in _failed(bare, "show", "bare/main:app/c")
    assert bare.git("log", "-1", "--format=%an <%ae> %cn %s", "bare/main") == (
        'Ada Lovelace <ada@example.com> Ada Lovelace Revert "web" to what ran'
    )
    assert f"This reverts commit {first}." in bare.git("log", "-1", "--format=%b", "bare/main")
    assert list((tmp_path / "private").iterdir()) == []


def _failed(origin: Origin, *arguments: str) -> str:
    with pytest.raises(subprocess.CalledProcessError) as error:
        origin.git(*arguments)
    return str(error.value.stderr)


async def test_another_branch_is_made_and_the_first_one_left_alone(bare: Origin, tmp_path: Path) -> None:
    good = bare.git("rev-parse", "HEAD")
    bad = bare.commit(app__a="bad")
    push(bare)
    pushed = await take_back(bare, tmp_path, asked_for(good, bad, branch="HEAD", push_to="back/web"))
    assert pushed.branch == "back/web"
    assert (shown(bare, "bare/back/web:app/a"), shown(bare, "bare/main:app/a")) == ("good", "bad")


async def test_a_merge_is_taken_back_as_a_whole(bare: Origin, tmp_path: Path) -> None:
    good = bare.git("rev-parse", "HEAD")
    bare.git("checkout", "--quiet", "-b", "side")
    bare.commit(app__a="bad", app__d="new")
    bare.git("checkout", "--quiet", "main")
    bare.commit(other__b="two")
    bare.git("merge", "--quiet", "--no-ff", "--message", "merge", "side")
    bad = bare.git("rev-parse", "HEAD")
    push(bare)
    await take_back(bare, tmp_path, asked_for(good, bad))
    assert (shown(bare, "bare/main:app/a"), shown(bare, "bare/main:other/b")) == ("good", "two")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "RevertConflicts"),
        ({"path": "nowhere"}, "NothingToRevert"),
        ({"branch": "v1"}, "NotABranch"),
        ({"good": "1" * 40}, "HistoryRewritten"),
        ({"push_to": "a..b"}, "BranchInvalid"),
    ],
)
async def test_what_a_person_must_decide_is_named_and_nothing_is_pushed(
    bare: Origin, tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    good = bare.git("rev-parse", "HEAD")
    bad = bare.commit(app__a="bad")
    newest = bare.commit(app__a="bad, and more")
    push(bare)
    with pytest.raises(Blocked) as error:
        await take_back(bare, tmp_path, msgspec.structs.replace(asked_for(good, bad), **change))
    assert error.value.reason == reason
    bare.git("fetch", "--quiet", "bare")
    assert bare.git("rev-parse", "bare/main") == newest


async def test_a_branch_that_does_not_take_the_commit_is_never_forced(bare: Origin, tmp_path: Path) -> None:
    good = bare.git("rev-parse", "HEAD")
    bad = bare.commit(app__a="bad")
    push(bare)
    bare.git("checkout", "--quiet", "--orphan", "elsewhere")
    theirs = bare.commit(app__z="of somebody else")
    bare.git("push", "--quiet", "bare", "elsewhere")
    with pytest.raises(Blocked, match="does not take the commit"):
        await take_back(bare, tmp_path, asked_for(good, bad, push_to="elsewhere"))
    bare.git("fetch", "--quiet", "bare")
    assert bare.git("rev-parse", "bare/elsewhere") == theirs


async def test_the_commit_is_signed_with_an_ssh_key(bare: Origin, tmp_path: Path) -> None:
    key = tmp_path / "key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key))
    (tmp_path / "signers").write_text(f"ada@example.com {(tmp_path / 'key.pub').read_text()}")
    good = bare.git("rev-parse", "HEAD")
    bad = bare.commit(app__a="bad")
    push(bare)
    await take_back(bare, tmp_path, asked_for(good, bad), msgspec.structs.replace(ADA, signing_key=key.read_text()))
    bare.git("fetch", "--quiet", "bare")
    signers = f"gpg.ssh.allowedSignersFile={tmp_path}/signers"
    assert bare.git("-c", signers, "log", "-1", "--format=%G?", "bare/main") == "G"


async def test_the_commit_is_signed_with_a_gpg_key(bare: Origin, tmp_path: Path) -> None:
    home = tempfile.mkdtemp(prefix="gpg-")  # sockets want a short path
    env = {"GNUPGHOME": home, "PATH": os.environ["PATH"]}

    def gpg(*arguments: str) -> str:
        unlocked = ("--pinentry-mode", "loopback", "--passphrase", "")
        return run("gpg", "--batch", "--quiet", *unlocked, *arguments, env=env)

    try:
        gpg("--quick-generate-key", "Ada <ada@example.com>", "ed25519", "sign", "never")
        key = gpg("--armor", "--export-secret-keys", "ada@example.com")
        good = bare.git("rev-parse", "HEAD")
        bad = bare.commit(app__a="bad")
        push(bare)
        await take_back(bare, tmp_path, asked_for(good, bad), msgspec.structs.replace(ADA, signing_key=key))
        assert "-----BEGIN PGP SIGNATURE-----" in shown_raw(bare)
    finally:
        run("gpgconf", "--kill", "gpg-agent", env=env)
        shutil.rmtree(home)


def shown_raw(origin: Origin) -> str:
    origin.git("fetch", "--quiet", "bare")
    return origin.git("cat-file", "commit", "bare/main")


async def test_a_key_that_is_none_signs_nothing_and_pushes_nothing(bare: Origin, tmp_path: Path) -> None:
    good = bare.git("rev-parse", "HEAD")
    bad = bare.commit(app__a="bad")
    push(bare)
    with pytest.raises(Blocked) as error:
        await take_back(bare, tmp_path, asked_for(good, bad), msgspec.structs.replace(ADA, signing_key="planted"))
    assert error.value.reason == "CommitFailed"
    assert "planted" not in error.value.message
    bare.git("fetch", "--quiet", "bare")
    assert bare.git("rev-parse", "bare/main") == bad
