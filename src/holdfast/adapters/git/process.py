"""Runs the git program: argument lists, an environment of its own, bounded output, and an end for the whole group."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from holdfast.model.errors import Blocked, Transient
from holdfast.runtime.processes import end_session

_ERROR_BYTES = 64 * 1024
_CHUNK = 64 * 1024


class GitAnswer(Struct, frozen=True):
    """`status` is the exit code."""

    status: int
    output: bytes
    errors: str


async def run_git(
    arguments: Sequence[str],
    *,
    env: Mapping[str, str],
    seconds: float,
    output_bytes: int,
    what: str,
    cwd: Path,
    keep_open: Sequence[int] = (),
) -> GitAnswer:
    """`cwd` must lie in no repository, or git would read that one's configuration.

    Raises Transient when git takes longer than `seconds` or says more than `output_bytes`; `what` names the work.

    `keep_open` are file descriptors that git inherits: a lock held by one of them lasts as long as git runs, even when
    this process dies.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            "git",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=dict(env),
            cwd=cwd,
            start_new_session=True,
            pass_fds=tuple(keep_open),
        )
    except FileNotFoundError as error:
        raise Blocked("GitMissing", "the program git is not on the PATH of this process: install git") from error
    ended = False
    try:
        async with asyncio.timeout(seconds):
            output, errors = await _outputs(process, output_bytes, what)
            status = await process.wait()
        ended = True
    except TimeoutError as error:
        raise Transient("RepositoryTimeout", f"{what}: no end after {seconds:g} s, given up") from error
    finally:
        if not ended:
            await end_session(process)
    return GitAnswer(status, output, errors.decode("utf-8", "replace"))


async def _outputs(process: asyncio.subprocess.Process, output_bytes: int, what: str) -> tuple[bytes, bytes]:
    if process.stdout is None or process.stderr is None:
        raise RuntimeError("git was started without pipes")
    errors = asyncio.ensure_future(_last_of(process.stderr))
    try:
        output = await _all_of(process.stdout, output_bytes, what)
        return output, await errors
    finally:
        errors.cancel()
        await asyncio.gather(errors, return_exceptions=True)


async def _all_of(stream: asyncio.StreamReader, most: int, what: str) -> bytes:
    parts = bytearray()
    while chunk := await stream.read(_CHUNK):
        parts += chunk
        if len(parts) > most:
            raise Transient("RepositoryUnreachable", f"{what}: the answer is larger than {most} bytes")
    return bytes(parts)


async def _last_of(stream: asyncio.StreamReader) -> bytes:
    """The end of a long text is where git says what went wrong."""
    kept = b""
    while chunk := await stream.read(_CHUNK):
        kept = (kept + chunk)[-_ERROR_BYTES:]
    return kept
