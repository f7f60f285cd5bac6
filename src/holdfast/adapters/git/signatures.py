"""Checks who signed a commit, with the programs that made the signature's form: gpg and ssh-keygen."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

import pygit2

from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import TreeLocation
from holdfast.model.signature import KnownKeys, Signature

_SECONDS: Final = 20.0
_SIGNER: Final = "signer"
_NAMESPACE: Final = "git"
_VALID: Final = re.compile(r"^\[GNUPG:\] VALIDSIG ([0-9A-F]{40})(?: \S+){8} ([0-9A-F]{40})$", re.MULTILINE)
_GOOD: Final = re.compile(r"^\[GNUPG:\] GOODSIG ", re.MULTILINE)
_SSH_GOOD: Final = re.compile(r'^Good "git" signature for signer with \S+ key (SHA256:\S+)$', re.MULTILINE)
_TOLD: Final = {
    "NO_PUBKEY": "it is signed with a key that is not in argocd-gpg-keys-cm",
    "BADSIG": "its signature is bad",
    "EXPSIG": "its signature has expired",
    "EXPKEYSIG": "it is signed with a key that has expired",
    "REVKEYSIG": "it is signed with a key that was revoked",
}


def signature_of(location: TreeLocation, keys: KnownKeys) -> Signature:
    """Raises Transient when the commit is not on disk, Blocked when the program that it takes is missing."""
    try:
        commit = pygit2.Repository(location.repository)[location.commit].peel(pygit2.Commit)
        signature, payload = commit.gpg_signature
    except (pygit2.GitError, KeyError, ValueError) as error:
        raise Transient("RepositoryDamaged", f"commit {location.commit[:12]} is not whole on disk") from error
    if not signature or not payload:
        return Signature(problem="it is not signed")
    with tempfile.TemporaryDirectory(prefix="holdfast-signature-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if b"-----BEGIN SSH SIGNATURE-----" in signature:
            return _ssh(signature, payload, keys, folder)
        if b"-----BEGIN PGP SIGNATURE-----" in signature:
            return _gpg(signature, payload, keys, folder)
    return Signature(problem="it is signed in a form other than those of GPG and SSH")


def _gpg(signature: bytes, payload: bytes, keys: KnownKeys, folder: Path) -> Signature:
    home = folder / "home"
    home.mkdir(mode=0o700)
    (folder / "signature").write_bytes(signature)
    program = ["gpg", "--homedir", str(home), "--batch", "--no-tty", "--no-autostart", "--status-fd", "1"]
    for key in keys.gpg:
        _run([*program, "--import"], key.encode(), folder)
    answer = _run([*program, "--verify", str(folder / "signature"), "-"], payload, folder)
    said = answer.stdout.decode("utf-8", errors="replace")
    valid = _VALID.findall(said)
    # One good signature and no other: a second one could be anybody's.
    if answer.returncode == 0 and len(valid) == 1 and len(_GOOD.findall(said)) == 1:
        return Signature(key=valid[0][1])
    problem = next((told for word, told in _TOLD.items() if f"[GNUPG:] {word}" in said), "its signature is not valid")
    return Signature(problem=problem)


def _ssh(signature: bytes, payload: bytes, keys: KnownKeys, folder: Path) -> Signature:
    allowed = "".join(f'{_SIGNER} namespaces="{_NAMESPACE}" {" ".join(key.split()[:2])}\n' for key in keys.ssh)
    (folder / "allowed").write_text(allowed, encoding="utf-8")
    (folder / "signature").write_bytes(signature)
    options = ["-n", _NAMESPACE, "-I", _SIGNER, "-f", str(folder / "allowed"), "-s", str(folder / "signature")]
    answer = _run(["ssh-keygen", "-Y", "verify", *options], payload, folder)
    good = _SSH_GOOD.search(answer.stdout.decode("utf-8", errors="replace"))
    if answer.returncode == 0 and good:
        return Signature(key=good[1])
    return Signature(problem="its SSH signature is bad, or of a key that is not in argocd-gpg-keys-cm")


def _run(command: list[str], given: bytes, folder: Path) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which(command[0])
    if program is None:
        raise Blocked(
            "SignatureToolMissing", f"{command[0]} is not installed, and the project wants commits to be signed"
        )
    env = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LC_ALL": "C"}
    try:
        return subprocess.run(
            [program, *command[1:]], input=given, capture_output=True, timeout=_SECONDS, env=env, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Transient("SignatureTimeout", f"{command[0]} did not end within {_SECONDS:g} s") from error
