"""Runs programs of users that lie in a folder: a document in, a document out, in bounded time and size.

They get nothing of our environment and no shell, and what they start ends with them.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from holdfast.model.program_names import is_name
from holdfast.runtime.processes import end_session, kill_session

SECONDS: Final = 30.0
LARGEST_OUTPUT: Final = 64 * 1024
EXCERPT: Final = 500
"""How much of what a program complains about is shown."""
PASSED_ON: Final = ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT")
"""Where the cluster's API is, for programs in a Pod; nothing else of our environment is a program's business."""
PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CHUNK: Final = 64 * 1024


class Unusable(Exception):
    """No answer came; the text says why and what to do, and goes on from the program's name."""


class Programs:
    """`seconds` is how long a program may take for one question, `largest_output` how many bytes it may write."""

    def __init__(self, folder: Path, *, seconds: float = SECONDS, largest_output: int = LARGEST_OUTPUT) -> None:
        self._folder = folder.resolve()
        self._seconds = seconds
        self._largest_output = largest_output

    async def run(self, name: str, operation: str, document: bytes) -> bytes:
        """What `FOLDER/NAME OPERATION` writes. Cancelled, it ends the program. Raises Unusable."""
        program = self._program(name)
        try:
            process = await asyncio.create_subprocess_exec(
                str(program),
                operation,
                cwd=self._folder,
                env=_environment(),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            raise Unusable(f"cannot be run: {error.strerror}: {program}") from None
        try:
            async with asyncio.timeout(self._seconds):
                return await self._answer(process, document)
        except TimeoutError:
            raise Unusable(f"did not end within {self._seconds:g} s and was killed") from None
        finally:
            await _end(process)

    def _program(self, name: str) -> Path:
        path = self._folder / name
        if not is_name(name) or not path.resolve().is_relative_to(self._folder):
            raise Unusable(f"is not a program of {self._folder}")
        if not path.is_file():
            raise Unusable(f"is not there: put a program of this name into {self._folder}")
        if not os.access(path, os.X_OK):
            raise Unusable(f"cannot be run: make {path} executable")
        return path

    async def _answer(self, process: asyncio.subprocess.Process, document: bytes) -> bytes:
        writing = asyncio.create_task(_write(process.stdin, document))
        complaining = asyncio.create_task(_tail(process.stderr))
        try:
            output = await self._output(process.stdout)
            complaint = await complaining
            code = await process.wait()
        finally:
            writing.cancel()
            complaining.cancel()
            await asyncio.gather(writing, complaining, return_exceptions=True)
        if code:
            said = " ".join(complaint.decode("utf-8", "replace").split())[-EXCERPT:]
            how = f"ended with {code}" if code > 0 else f"was ended by signal {-code}"
            raise Unusable(f"{how}: {said}".removesuffix(": "))
        return output

    async def _output(self, stream: asyncio.StreamReader | None) -> bytes:
        kept = bytearray()
        while stream is not None and (piece := await stream.read(_CHUNK)):
            kept += piece
            if len(kept) > self._largest_output:
                raise Unusable(f"wrote more than {self._largest_output} bytes and was killed")
        return bytes(kept)


def _environment() -> dict[str, str]:
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {"PATH": PATH, "LANG": "C.UTF-8", **passed_on}


async def _write(stream: asyncio.StreamWriter | None, document: bytes) -> None:
    """A program that does not want to know need not read."""
    if stream is None:
        return
    with suppress(BrokenPipeError, ConnectionResetError):
        stream.write(document)
        await stream.drain()
    stream.close()


async def _tail(stream: asyncio.StreamReader | None) -> bytes:
    kept = b""
    while stream is not None and (piece := await stream.read(_CHUNK)):
        kept = (kept + piece)[-4 * EXCERPT :]
    return kept


async def _end(process: asyncio.subprocess.Process) -> None:
    """With everything that it started, also where it has ended itself."""
    if process.returncode is None:
        await end_session(process)
    else:
        kill_session(process.pid)
