"""One worker process as the renderer sees it: started, asked, watched, and killed when it goes beyond its limits."""

from __future__ import annotations

import asyncio
import fcntl
import os
import pickle
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

import msgspec

from holdfast.adapters.rendering.messages import PREFIX, Answer, Done, Failed, Hello, Ready
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderLimits, RenderRequest, RenderResult

START_SECONDS: Final = 60.0
WATCH_SECONDS: Final = 0.05
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_MARGIN: Final = 1024**2
_DECODER: Final = msgspec.msgpack.Decoder(Answer)


class WorkerProcess:
    """Use `start`, then any number of `render`s one after the other, then `kill`. After an error it may be dead."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, complaints: IO[bytes]) -> None:
        self._process = process
        self._folder = folder
        self._complaints = complaints

    @classmethod
    async def start(cls, open_tree: Callable[[TreeLocation], FileTree], tools: Path | None) -> WorkerProcess:
        folder = Path(tempfile.mkdtemp(prefix="holdfast-render-"))
        complaints = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        fcntl.fcntl(complaints, fcntl.F_SETFL, os.O_APPEND)  # so that emptying it holds for the worker too
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "holdfast.adapters.rendering.worker",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=complaints,
            env=_environment(folder),
            cwd=folder,
            start_new_session=True,
            limit=_MARGIN,
        )
        worker = cls(process, folder, complaints)
        hello = Hello(pickle.dumps(open_tree), str(folder), str(tools or ""))
        try:
            async with asyncio.timeout(START_SECONDS):
                answer = await worker._exchange(msgspec.msgpack.encode(hello), _MARGIN)
        except (TimeoutError, EOFError, OSError) as error:
            said = worker._said()
            await worker.kill()
            raise Transient("RenderFailed", f"the render worker does not start: {said or error}") from error
        except BaseException:
            await worker.kill()
            raise
        assert isinstance(answer, Ready)  # noqa: S101 - the protocol's first answer
        return worker

    @property
    def is_alive(self) -> bool:
        return self._process.returncode is None

    @property
    def resident_bytes(self) -> int:
        return _resident(self._process.pid)

    async def render(self, request: RenderRequest) -> RenderResult:
        """Raises Blocked or Transient. Killed when the caller is cancelled, since nobody would read the answer."""
        limits = request.limits
        self._complaints.truncate(0)
        exchange = asyncio.ensure_future(
            self._exchange(msgspec.msgpack.encode(request), limits.output_bytes * 2 + _MARGIN)
        )
        watch = asyncio.ensure_future(self._outgrown(limits.memory_bytes))
        try:
            await asyncio.wait((exchange, watch), timeout=limits.seconds, return_when=asyncio.FIRST_COMPLETED)
            if exchange.done():
                return _result(exchange.result(), limits)
            if watch.done():
                raise _out_of_memory(limits)
            raise Blocked(
                "RenderTimeout",
                f"rendering {request.source.path!r} took longer than {limits.seconds:g} s and was killed: "
                "look for a loop that does not end",
            )
        except (EOFError, OSError) as error:
            raise self._crashed(limits) from error
        finally:
            unfinished = not exchange.done() or exchange.cancelled() or exchange.exception() is not None
            for task in (exchange, watch):
                task.cancel()
            if unfinished:
                await self.kill()

    async def kill(self) -> None:
        if self._process.returncode is None:
            # The session holds the worker and what it started.
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._complaints.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _exchange(self, message: bytes, limit: int) -> Answer:
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None  # noqa: S101 - both were asked for
        assert stdout is not None  # noqa: S101
        stdin.write(PREFIX.pack(len(message)) + message)
        await stdin.drain()
        (size,) = PREFIX.unpack(await stdout.readexactly(PREFIX.size))
        if size > limit:
            raise Blocked("ManifestTooLarge", f"the render gave {size:,} bytes, {limit:,} are allowed")
        answer: Answer = _DECODER.decode(await stdout.readexactly(size))
        return answer

    async def _outgrown(self, limit: int) -> None:
        """Ends when the process, with what it started, holds more than `limit`."""
        while self.resident_bytes <= limit:  # noqa: ASYNC110 - the kernel tells nobody
            await asyncio.sleep(WATCH_SECONDS)

    def _crashed(self, limits: RenderLimits) -> Blocked:
        said = self._said()
        if "out of memory" in said or "cannot allocate memory" in said or "MemoryError" in said:
            return _out_of_memory(limits)
        lines = said.splitlines() or ["no reason given"]
        reason = next((line for line in lines if line.startswith(("fatal error:", "panic:"))), lines[-1])
        return Blocked("TemplateError", f"the render worker crashed: {reason}")

    def _said(self) -> str:
        """The beginning of what came on standard error, where Go names its reason; the rest is stacks."""
        with suppress(OSError, ValueError):
            self._complaints.seek(0)
            return self._complaints.read(4000).decode("utf-8", errors="replace").strip()
        return ""


def _result(answer: Answer, limits: RenderLimits) -> RenderResult:
    match answer:
        case Done(result):
            return result
        case Failed(reason="RenderOutOfMemory"):
            raise _out_of_memory(limits)
        case Failed():
            raise answer.error()
        case _:
            raise Transient("RenderFailed", "the render worker gave an answer to no question")


def _out_of_memory(limits: RenderLimits) -> Blocked:
    return Blocked(
        "RenderOutOfMemory",
        f"rendering needed more than {limits.memory_bytes // 1024**2:,} MiB and was killed: "
        "look for a loop or a repetition that makes very long text",
    )


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
