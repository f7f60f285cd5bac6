"""A process that renders for another one, and can be killed: `python -m holdfast.adapters.rendering.worker`.

Requests come in on standard input and answers leave on standard output, both moved to other descriptors at the start,
so that nothing that a library prints is taken for an answer.
"""

from __future__ import annotations

import os
import pickle
import select
import shutil
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec

from holdfast.adapters.rendering.messages import PREFIX, Answer, Done, Failed, Hello, Ready
from holdfast.adapters.rendering.perform import perform
from holdfast.engine.render.prepare import prepare
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import RenderRequest


def main() -> None:
    requests, answers = _private_streams()
    hello = msgspec.msgpack.decode(_receive(requests), type=Hello)
    end = threading.Thread(target=_end_with_parent, args=(requests.fileno(), hello.folder), daemon=True)
    end.start()
    open_tree: Callable[[TreeLocation], FileTree] = pickle.loads(hello.open_tree)  # noqa: S301 - from our own parent
    # Loaded before the first request, so that its time limit is spent on rendering.
    import holdfast.adapters.rendering.helm_chart  # noqa: F401

    _send(answers, Ready())
    decoder = msgspec.msgpack.Decoder(RenderRequest)
    while message := _receive(requests):
        _send(answers, _answer(open_tree, decoder.decode(message), Path(hello.tools) if hello.tools else None))
    end.join()


def _answer(open_tree: Callable[[TreeLocation], FileTree], request: RenderRequest, tools: Path | None) -> Answer:
    _bound_memory(request.limits.memory_bytes)
    try:
        tree = open_tree(request.location)
        return Done(perform(tree, prepare(tree, request), request.limits, tools))
    except (Blocked, Transient) as error:
        return Failed(type(error).__name__, error.reason, error.message)
    except MemoryError:
        return Failed("Blocked", "RenderOutOfMemory", "")
    except (OSError, KeyError) as error:
        return Failed("Transient", "RenderFailed", f"{type(error).__name__}: {error}")


def _bound_memory(limit: int) -> None:
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
    """When the other end of the pipe is gone nobody wants the render: stop, with all that was started."""
    poll = select.poll()
    poll.register(requests, 0)
    poll.poll()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def _receive(stream: BinaryIO) -> bytes:
    """One message; empty when the stream has ended."""
    prefix = _exactly(stream, PREFIX.size)
    return _exactly(stream, PREFIX.unpack(prefix)[0]) if prefix else b""


def _exactly(stream: BinaryIO, size: int) -> bytes:
    found = bytearray()
    while len(found) < size:
        chunk = stream.read(size - len(found))
        if not chunk:
            return b""
        found += chunk
    return bytes(found)


def _send(stream: BinaryIO, answer: Answer) -> None:
    body = msgspec.msgpack.encode(answer)
    view = memoryview(PREFIX.pack(len(body)) + body)
    while view:
        view = view[stream.write(view) :]


if __name__ == "__main__":
    main()
