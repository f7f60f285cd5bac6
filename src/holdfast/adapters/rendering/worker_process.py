"""One worker process as the renderer sees it: what it is asked, and what its failures mean to a person."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Final, assert_never

import msgspec

from holdfast.adapters.rendering.messages import Answer, Done, Failed, Hello
from holdfast.model.errors import Blocked, Transient
from holdfast.model.filetree import FileTree, TreeLocation
from holdfast.model.rendering import NO_PLUGINS, PluginPlaces, RenderLimits, RenderRequest, RenderResult
from holdfast.runtime.workers import (
    AnswerTooLarge,
    AskLimits,
    Worker,
    WorkerCrashed,
    WorkerNotStarted,
    WorkerTooLarge,
    WorkerTooSlow,
)

_MARGIN: Final = 1024**2
_DECODER: Final = msgspec.msgpack.Decoder(Answer)


async def start(
    open_tree: Callable[[TreeLocation], FileTree], tools: Path | None, plugins: PluginPlaces = NO_PLUGINS
) -> Worker:
    """Raises Transient."""
    hello = Hello(pickle.dumps(open_tree), str(tools or ""), plugins)
    try:
        return await Worker.start("holdfast.adapters.rendering.worker", msgspec.msgpack.encode(hello), purpose="render")
    except WorkerNotStarted as error:
        raise Transient("RenderFailed", f"the render worker does not start: {error}") from error


async def render(worker: Worker, request: RenderRequest) -> RenderResult:
    """Raises Blocked or Transient; the worker may be dead then."""
    limits = request.limits
    bounds = AskLimits(limits.seconds, limits.memory_bytes, limits.output_bytes * 2 + _MARGIN)
    try:
        return _result(_DECODER.decode(await worker.ask(msgspec.msgpack.encode(request), bounds)), limits)
    except WorkerTooLarge as error:
        raise _out_of_memory(limits) from error
    except WorkerTooSlow as error:
        raise Blocked(
            "RenderTimeout",
            f"rendering {request.source.path!r} took longer than {limits.seconds:g} s and was killed: "
            "look for a loop that does not end",
        ) from error
    except AnswerTooLarge as error:
        raise Blocked(
            "ManifestTooLarge", f"the render gave {error.size:,} bytes, {error.limit:,} are allowed"
        ) from error
    except WorkerCrashed as error:
        raise _crashed(str(error), limits) from error


def _result(answer: Answer, limits: RenderLimits) -> RenderResult:
    match answer:
        case Done(result):
            return result
        case Failed(reason="RenderOutOfMemory"):
            raise _out_of_memory(limits)
        case Failed():
            raise answer.error()
        case _:
            assert_never(answer)


def _crashed(said: str, limits: RenderLimits) -> Blocked:
    if "out of memory" in said or "cannot allocate memory" in said or "MemoryError" in said:
        return _out_of_memory(limits)
    lines = said.splitlines() or ["no reason given"]
    reason = next((line for line in lines if line.startswith(("fatal error:", "panic:"))), lines[-1])
    return Blocked("TemplateError", f"the render worker crashed: {reason}")


def _out_of_memory(limits: RenderLimits) -> Blocked:
    return Blocked(
        "RenderOutOfMemory",
        f"rendering needed more than {limits.memory_bytes // 1024**2:,} MiB and was killed: "
        "look for a loop or a repetition that makes very long text",
    )
