"""Prepares git to sign commits with a private SSH or GPG key, which lies on disk only as long as the work lasts."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from holdfast.adapters.git.connection import bare_environment
from holdfast.model.errors import Blocked

_SECONDS = 30.0
_PGP = "-----BEGIN PGP PRIVATE KEY BLOCK-----"
_FINGERPRINT = re.compile(rb"^fpr:::::::::([0-9A-F]{40,64}):", re.MULTILINE)


@asynccontextmanager
async def signing(key: str, folder: Path) -> AsyncIterator[tuple[list[str], dict[str, str]]]:
    """Options and environment for `git commit`; without a key it signs nothing. Keys with a passphrase do not serve."""
    if not key.strip():
        yield ["-c", "commit.gpgSign=false"], {}
        return
    text = key.replace("\r\n", "\n").strip("\n") + "\n"
    path = _private_file(folder / "signing-key", text)
    if not text.startswith(_PGP):
        yield ["-c", "commit.gpgSign=true", "-c", "gpg.format=ssh", "-c", f"user.signingKey={path}"], {}
        return
    # The agent's socket lies in it, and its path may have 107 characters.
    home = tempfile.mkdtemp(prefix="gpg-")
    env = {"GNUPGHOME": home}
    try:
        await _gpg(["gpg", "--batch", "--quiet", "--import", str(path)], env, folder)
        listing = await _gpg(["gpg", "--batch", "--with-colons", "--list-secret-keys"], env, folder)
        found = _FINGERPRINT.search(listing)
        if found is None:
            raise Blocked("SigningKeyInvalid", "the signing key holds no private GPG key")
        yield (
            ["-c", "commit.gpgSign=true", "-c", "gpg.format=openpgp", "-c", f"user.signingKey={found[1].decode()}"],
            env,
        )
    finally:
        with suppress(Blocked):
            await _gpg(["gpgconf", "--kill", "gpg-agent"], env, folder)
        shutil.rmtree(home, ignore_errors=True)


async def _gpg(command: Sequence[str], env: dict[str, str], folder: Path) -> bytes:
    """Raises Blocked without repeating what gpg said: it may name what is nobody's business."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=bare_environment(folder) | env,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise Blocked("SigningKeyInvalid", f"signing with a GPG key needs the program {command[0]}") from error
    try:
        async with asyncio.timeout(_SECONDS):
            output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise Blocked("SigningKeyInvalid", f"{command[0]} cannot read the signing key")
    return output


def _private_file(path: Path, text: str) -> Path:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    return path
