"""Runs one command with bounds of time, memory and output; what it started ends with it."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Final

from msgspec import Struct

from holdfast.model.errors import HoldfastError
from holdfast.runtime.processes import kill_session

_GUARD: Final = Path(__file__).with_name("guard.py")
_CHUNK: Final = 1 << 16
_TAIL: Final = 8192
_LOOK_SECONDS: Final = 0.1
_FILE_BYTES: Final = 1024**3
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Bounds(Struct, frozen=True):
    """`until` is a time of the monotonic clock; memory is that of all processes of the command."""

    until: float
    memory_bytes: int
    output_bytes: int


class Finished(Struct, frozen=True):
    """`complaint` is the end of standard error."""

    code: int
    output: bytes
    complaint: str


class NotStarted(HoldfastError):
    """Its arguments or variables are too long, or hold what none may hold."""


class TooSlow(HoldfastError):
    """Killed at the time limit."""


class TooLarge(HoldfastError):
    """Killed at the memory limit."""


class TooMuchOutput(HoldfastError):
    """Killed since it printed more than it may."""


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str], bounds: Bounds) -> Finished:
    """The command finds nothing in its environment but what is given. Raises TooSlow, TooLarge and
    TooMuchOutput, and NotStarted for what no system takes."""
    seconds = max(1, int(bounds.until - time.monotonic()) + 1)
    # What the processors can do meanwhile: a fence behind the clock, should nobody be left to look at it.
    limits = (str(bounds.memory_bytes), str(_FILE_BYTES), str(seconds * (os.cpu_count() or 1)))
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_GUARD), *limits, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=dict(environment),
            start_new_session=True,
            bufsize=0,
        )
    except (OSError, ValueError) as error:
        raise NotStarted(str(error)) from error
    try:
        return _Reading(process, bounds).until_the_end()
    finally:
        kill_session(process.pid)
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        process.wait()


class _Reading:
    """What a process says, taken as it comes."""

    def __init__(self, process: subprocess.Popen[bytes], bounds: Bounds) -> None:
        self._process = process
        self._bounds = bounds
        self._output = bytearray()
        self._complaint = bytearray()
        self._selector = selectors.DefaultSelector()
        for pipe in (process.stdout, process.stderr):
            assert pipe is not None  # noqa: S101 - both were asked for
            os.set_blocking(pipe.fileno(), False)
            self._selector.register(pipe, selectors.EVENT_READ)

    def until_the_end(self) -> Finished:
        """The end is that of the command: what it left running may hold the pipes for ever."""
        look = 0.0
        with self._selector:
            while (code := self._exit_code()) is None:
                now = time.monotonic()
                self._check_time(now)
                if now >= look:
                    look = now + _LOOK_SECONDS
                    self._check_memory()
                self._take(_LOOK_SECONDS)
            kill_session(self._process.pid)
            while self._take(0):
                self._check_time(time.monotonic())
        return Finished(code, bytes(self._output), self._complaint.decode("utf-8", errors="replace"))

    def _check_time(self, now: float) -> None:
        if now > self._bounds.until:
            raise TooSlow("killed at its time limit")

    def _check_memory(self) -> None:
        if _resident_of_session(self._process.pid) > self._bounds.memory_bytes:
            raise TooLarge("killed at its memory limit")

    def _exit_code(self) -> int | None:
        """Its place in the table of processes is kept, so that its group can still be ended by its number."""
        ended = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return None if ended is None else ended.si_status

    def _take(self, seconds: float) -> bool:
        """Whether something came."""
        if not self._selector.get_map():
            if seconds:
                time.sleep(seconds / 10)
            return False
        came = False
        for key, _ in self._selector.select(seconds):
            pipe: IO[bytes] = key.fileobj  # type: ignore[assignment]
            chunk = pipe.read(_CHUNK)
            if chunk == b"":
                self._selector.unregister(pipe)
            elif chunk:
                came = True
                self._keep(chunk, is_output=pipe is self._process.stdout)
        return came

    def _keep(self, chunk: bytes, *, is_output: bool) -> None:
        if not is_output:
            self._complaint = (self._complaint + chunk)[-_TAIL:]
            return
        self._output += chunk
        if len(self._output) > self._bounds.output_bytes:
            raise TooMuchOutput("killed since it printed more than it may")


def _resident_of_session(session: int) -> int:
    """Bytes in memory of all processes of the session; 0 where the system does not say."""
    pages = 0
    with suppress(OSError):
        for name in os.listdir("/proc"):
            if name.isdigit():
                pages += _pages(name, session)
    return pages * _PAGE


def _pages(process: str, session: int) -> int:
    with suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{process}/stat").read_text(errors="replace").rpartition(")")[2].split()
        if int(fields[3]) == session:
            return int(fields[21])
    return 0
