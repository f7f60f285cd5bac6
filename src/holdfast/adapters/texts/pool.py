"""Fills texts in worker processes: one that hangs, grows or crashes fails only its own answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from holdfast.adapters.texts.messages import Answer, Failed, Filled, Question
from holdfast.model.errors import Transient
from holdfast.ports.texts import TextFailed
from holdfast.runtime.worker_pool import WorkerPool
from holdfast.runtime.workers import AskLimits, Worker, WorkerFailed, WorkerNotStarted, WorkerTooSlow

SECONDS: Final = 10.0
ANSWER_BYTES: Final = 4 * 1024**2
WORKER_BYTES: Final = 768 * 1024**2
"""More than Python and Helm's library need; Go gives memory back slowly."""
KEEP_BELOW: Final = 384 * 1024**2
_DECODER: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)


class TextPool:
    """A Texts. Its worker is started by the first text."""

    def __init__(self, *, seconds: float = SECONDS) -> None:
        self._limits = AskLimits(seconds, WORKER_BYTES, ANSWER_BYTES)
        self._workers = WorkerPool(_start, workers=1, keep_below=KEEP_BELOW)

    async def fill(self, texts: Sequence[str], variables: Mapping[str, Any]) -> list[str]:
        if not texts:
            return []
        message = msgspec.json.encode(Question(list(texts), dict(variables)))
        async with self._workers.lend() as worker:
            try:
                answer = await worker.ask(message, self._limits)
            except WorkerTooSlow as error:
                raise TextFailed(0, f"took longer than {self._limits.seconds:g} s and was ended") from error
            except WorkerFailed as error:
                raise TextFailed(0, "took too much memory, or became too long, and was ended") from error
        match _DECODER.decode(answer):
            case Filled(filled):
                return filled
            case Failed(at, said):
                raise TextFailed(at, said)

    async def close(self) -> None:
        await self._workers.close()


async def _start() -> Worker:
    try:
        return await Worker.start("holdfast.adapters.texts.worker", b"", purpose="texts")
    except WorkerNotStarted as error:
        raise Transient("TextFailed", f"the worker for templates does not start: {error}") from error
