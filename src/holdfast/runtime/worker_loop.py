"""The inside of a worker process: takes questions, gives answers, and ends when nobody is left to read them.

Questions come in on standard input and answers leave on standard output, both moved to other descriptors at the start,
so that nothing that a library prints is taken for an answer.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from holdfast.runtime.workers import PREFIX


def serve(prepare: Callable[[bytes], Callable[[bytes], bytes]]) -> None:
    """`prepare` takes the first message, loads what is needed and returns what answers the questions."""
    requests, answers = _private_streams()
    hello = _receive(requests) or b""
    end = threading.Thread(target=_end_with_parent, args=(requests.fileno(), os.getcwd()), daemon=True)
    end.start()
    answer = prepare(hello)
    _send(answers, b"")
    while (message := _receive(requests)) is not None:
        _send(answers, answer(message))
    end.join()


def bound_memory(limit: int) -> None:
    """A second fence behind the parent's watch, for growth between two looks; Go reserves addresses, not data."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (limit * 2, hard))


def _private_streams() -> tuple[BinaryIO, BinaryIO]:
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    os.close(nothing)
    return os.fdopen(requests, "rb", buffering=0), os.fdopen(answers, "wb", buffering=0)


def _end_with_parent(requests: int, folder: str) -> None:
    """When the other end of the pipe is gone nobody wants the answer: stop, with all that was started."""
    poll = select.poll()
    poll.register(requests, 0)
    poll.poll()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _receive(stream: BinaryIO) -> bytes | None:
    """One message; None when the stream has ended."""
    prefix = _exactly(stream, PREFIX.size)
    return None if prefix is None else _exactly(stream, PREFIX.unpack(prefix)[0])


def _exactly(stream: BinaryIO, size: int) -> bytes | None:
    found = bytearray()
    while len(found) < size:
        chunk = stream.read(size - len(found))
        if not chunk:
            return None
        found += chunk
    return bytes(found)


def _send(stream: BinaryIO, answer: bytes) -> None:
    view = memoryview(PREFIX.pack(len(answer)) + answer)
    while view:
        view = view[stream.write(view) :]
