"""Signatures of commits, made by the real programs."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from holdfast.adapters.git.signatures import signature_of
from holdfast.model.filetree import TreeLocation
from holdfast.model.signature import KnownKeys
from tests.unit.adapters.git.origin import Origin

pytestmark = pytest.mark.real_time


def run(*command: str, home: Path, cwd: Path | None = None) -> str:
    env = {
        "PATH": os.environ["PATH"],
        "GNUPGHOME": str(home),
        "HOME": str(home),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
    }
    done = subprocess.run(command, env=env, cwd=cwd, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout


def signed(origin: Origin, home: Path, *settings: str) -> TreeLocation:
    origin.write("a.yaml", "a: b")
    origin.git("add", "--all")
    options = [word for setting in settings for word in ("-c", setting)]
    run("git", *options, "commit", "-q", "-S", "-m", "signed", home=home, cwd=origin.path)
    return TreeLocation(str(origin.path / ".git"), origin.git("rev-parse", "HEAD"))


@pytest.fixture
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # The socket of gpg's agent lies here, and its path must be short.
    folder = tmp_path_factory.mktemp("k")
    folder.chmod(0o700)
    return folder


def test_a_commit_without_a_signature_says_so(tmp_path: Path) -> None:
    origin = Origin(tmp_path / "origin")
    commit = origin.commit(a="1")
    assert signature_of(TreeLocation(str(origin.path / ".git"), commit), KnownKeys()).problem == "it is not signed"


def test_ssh_signatures(tmp_path: Path, home: Path) -> None:
    for name in ("key", "other"):
        run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(home / name), home=home)
    public, other = ((home / f"{name}.pub").read_text() for name in ("key", "other"))
    fingerprint = run("ssh-keygen", "-lf", str(home / "key.pub"), home=home).split()[1]
    location = signed(Origin(tmp_path / "origin"), home, "gpg.format=ssh", f"user.signingkey={home / 'key'}")
    assert signature_of(location, KnownKeys(ssh=(other, public))).key == fingerprint
    found = signature_of(location, KnownKeys(ssh=(other,)))
    assert (found.key, found.problem) == ("", "its SSH signature is bad, or of a key that is not in argocd-gpg-keys-cm")


@pytest.mark.skipif(shutil.which("gpg") is None, reason="gpg is not installed")
def test_gpg_signatures(tmp_path: Path, home: Path) -> None:
    run("gpg", "--batch", "--passphrase", "", "--quick-gen-key", "Ada <ada@example.com>", "ed25519", "sign", home=home)
    try:
        listed = run("gpg", "--list-keys", "--with-colons", home=home)
        fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
        public = run("gpg", "--armor", "--export", fingerprint, home=home)
        origin = Origin(tmp_path / "origin")
        location = signed(origin, home, f"user.signingkey={fingerprint}")
    finally:
        run("gpgconf", "--kill", "all", home=home)
    assert signature_of(location, KnownKeys(gpg=(public,))).key == fingerprint
    found = signature_of(location, KnownKeys())
    assert (found.key, found.problem) == ("", "it is signed with a key that is not in argocd-gpg-keys-cm")
    # The same signature under another text.
    raw = origin.git("cat-file", "commit", location.commit)
    origin.write("forged", raw.replace("signed", "forged") + "\n")
    forged = origin.git("hash-object", "-t", "commit", "-w", "forged")
    assert (
        signature_of(TreeLocation(location.repository, forged), KnownKeys(gpg=(public,))).problem
        == "its signature is bad"
    )
