"""Ends a program that this process started, with everything that it started itself."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress

_CHUNK = 64 * 1024
_SECONDS = 5.0


async def end_session(process: asyncio.subprocess.Process) -> None:
    """Kills the session that the process leads, and waits for its end. The process was started with a new session.

    The group outlives its leader: ssh and other helpers must end with it. What is still in the pipes is read and dropped,
    since a pipe that nobody reads would keep `wait` from ever ending.
    """
    kill_session(process.pid)
    # A program that left the session may hold a pipe for ever: it is not waited for.
    with suppress(TimeoutError):
        async with asyncio.timeout(_SECONDS):
            await asyncio.gather(_discard(process.stdout), _discard(process.stderr), process.wait())


def kill_session(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


async def _discard(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(_CHUNK):
        pass
