"""A process that works for this one and can be killed: started, asked, watched, ended when it goes beyond its limits.

The other side is runtime/worker_loop.py. Messages are bytes with their length before them.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import struct
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from holdfast.model.errors import HoldfastError
from holdfast.runtime.processes import end_session

PREFIX: Final = struct.Struct(">Q")
START_SECONDS: Final = 60.0
WATCH_SECONDS: Final = 0.05
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_MARGIN: Final = 1024**2


class AskLimits(Struct, frozen=True):
    """Bounds of one question: wall time, memory of the process with what it started, and size of the answer."""

    seconds: float
    memory_bytes: int
    answer_bytes: int


class WorkerFailed(HoldfastError):
    """The worker gave no answer and is dead."""


class WorkerNotStarted(WorkerFailed):
    """The text is what it said."""


class WorkerTooSlow(WorkerFailed):
    """Killed at its time limit."""


class WorkerTooLarge(WorkerFailed):
    """Killed at its memory limit."""


class AnswerTooLarge(WorkerFailed):
    """`size` and `limit` are bytes."""

    def __init__(self, size: int, limit: int) -> None:
        super().__init__(f"an answer of {size:,} bytes, {limit:,} are allowed")
        self.size = size
        self.limit = limit


class WorkerCrashed(WorkerFailed):
    """The text is the beginning of what it said on standard error."""


class Worker:
    """Use `start`, then any number of `ask`s one after the other, then `kill`. After an error it is dead."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, complaints: IO[bytes]) -> None:
        self._process = process
        self._folder = folder
        self._complaints = complaints

    @classmethod
    async def start(cls, module: str, hello: bytes, *, purpose: str) -> Worker:
        """Runs `python -m module` in a folder of its own and waits until it has taken `hello`."""
        folder = Path(tempfile.mkdtemp(prefix=f"holdfast-{purpose}-"))
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        fcntl.fcntl(complaints, fcntl.F_SETFL, os.O_APPEND)  # so that emptying it holds for the worker too
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
            env=_environment(folder),
            cwd=folder,
            start_new_session=True,
            limit=_MARGIN,
        )
        worker = cls(process, folder, complaints)
        try:
            async with asyncio.timeout(START_SECONDS):
                await worker._exchange(hello, _MARGIN)
        except (TimeoutError, EOFError, OSError) as error:
            said = worker._said()
            await worker.kill()
            raise WorkerNotStarted(said or str(error)) from error
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    @property
    def resident_bytes(self) -> int:
        return _resident(self._process.pid)

    async def ask(self, message: bytes, limits: AskLimits) -> bytes:
        """Raises WorkerFailed. Killed when the caller is cancelled, since nobody would read the answer."""
        self._complaints.truncate(0)
        exchange = asyncio.ensure_future(self._exchange(message, limits.answer_bytes))
        watch = asyncio.ensure_future(self._outgrown(limits.memory_bytes))
        try:
            await asyncio.wait((exchange, watch), timeout=limits.seconds, return_when=asyncio.FIRST_COMPLETED)
            if exchange.done():
                return exchange.result()
            if watch.done():
                raise WorkerTooLarge("the worker held more memory than it may")
            raise WorkerTooSlow("the worker took longer than it may")
        except (EOFError, OSError) as error:
            raise WorkerCrashed(self._said()) from error
        finally:
            unfinished = not exchange.done() or exchange.cancelled() or exchange.exception() is not None
            for task in (exchange, watch):
                task.cancel()
            if unfinished:
                await self.kill()

    async def kill(self) -> None:
        if self._process.returncode is None:
            await end_session(self._process)
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._complaints.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _exchange(self, message: bytes, limit: int) -> bytes:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - both were asked for
        assert stdout is not None  # noqa: S101
        stdin.write(PREFIX.pack(len(message)) + message)
        await stdin.drain()
        (size,) = PREFIX.unpack(await stdout.readexactly(PREFIX.size))
        if size > limit:
            raise AnswerTooLarge(size, limit)
        return await stdout.readexactly(size)

    async def _outgrown(self, limit: int) -> None:
        """Ends when the process, with what it started, holds more than `limit`."""
        while self.resident_bytes <= limit:  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(WATCH_SECONDS)

    def _said(self) -> str:
        """The beginning of what came on standard error, where Go names its reason; the rest is stacks."""
        with suppress(OSError, ValueError):
            self._complaints.seek(0)
            return self._complaints.read(4000).decode("utf-8", errors="replace").strip()
        return ""


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of ours: no credentials, no proxies' passwords."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR") if name in os.environ}
    search = os.pathsep.join(path for path in sys.path if path)
    return {**kept, "HOME": str(folder), "TMPDIR": str(folder), "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"}


def _resident(pid: int) -> int:
    """Bytes in memory of a process and its children; 0 where the system does not say."""
    total = 0
    with suppress(OSError, ValueError, IndexError):
        total = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    with suppress(OSError, ValueError, IndexError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            total += int(Path(f"/proc/{child}/statm").read_text().split()[1]) * _PAGE
    return total
