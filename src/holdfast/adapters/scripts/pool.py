"""Runs scripts in worker processes: one that hangs, grows or crashes fails only its own answer."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from holdfast.adapters.scripts.messages import Answer, Done, Failed, Question, name_of
from holdfast.model.errors import Blocked, Transient
from holdfast.model.scripts import JsonPath, PathsQuestion, ScriptAnswer, ScriptRun
from holdfast.runtime.worker_pool import WorkerPool
from holdfast.runtime.workers import (
    AnswerTooLarge,
    AskLimits,
    Worker,
    WorkerCrashed,
    WorkerNotStarted,
    WorkerTooLarge,
    WorkerTooSlow,
)

WORKER_BYTES: Final = 512 * 1024**2
"""More than Python, the object and the largest Lua together need."""
KEEP_BELOW: Final = 192 * 1024**2
_DECODER: Final[msgspec.json.Decoder[Answer]] = msgspec.json.Decoder(Answer)


class ScriptPool:
    """A Scripts."""

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = WorkerPool(_start, workers=workers, keep_below=KEEP_BELOW)

    async def start(self) -> None:
        """Brings one worker up, so that the first script does not wait for it."""
        await self._workers.start()

    async def run(self, run: ScriptRun) -> ScriptAnswer:
        return await self._answer(run)

    async def paths(self, question: PathsQuestion) -> tuple[JsonPath, ...]:
        return tuple(tuple(path) for path in await self._answer(question))

    async def close(self) -> None:
        await self._workers.close()

    async def _answer(self, question: Question) -> Any:
        message = _encoded(question)
        async with self._workers.lend() as worker:
            return await _ask(worker, message, question)


async def _start() -> Worker:
    try:
        return await Worker.start("holdfast.adapters.scripts.worker", b"", purpose="scripts")
    except WorkerNotStarted as error:
        raise Transient("ScriptFailed", f"the script worker does not start: {error}") from error


def _encoded(question: Question) -> bytes:
    try:
        return msgspec.json.encode(question)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Blocked(
            "ScriptFailed", f"{name_of(question)}: the object cannot be given to a script: {error}"
        ) from error


async def _ask(worker: Worker, message: bytes, question: Question) -> Any:
    key, limits = name_of(question), question.limits
    try:
        answer = await worker.ask(message, AskLimits(limits.seconds, WORKER_BYTES, limits.answer_bytes))
    except WorkerTooSlow as error:
        raise Blocked(
            "ScriptTimeout",
            f"{key}: the script took longer than {limits.seconds:g} s and was killed: "
            "look for a loop or a text pattern that does not end",
        ) from error
    except WorkerTooLarge as error:
        raise Blocked("ScriptOutOfMemory", f"{key}: the script grew without end and was killed") from error
    except AnswerTooLarge as error:
        raise Blocked(
            "ScriptAnswerTooLarge",
            f"{key}: the script answered with {error.size:,} bytes, {error.limit:,} are allowed",
        ) from error
    except WorkerCrashed as error:
        raise Blocked("ScriptFailed", f"{key}: the script crashed its worker") from error
    match _DECODER.decode(answer):
        case Done(value):
            return value
        case Failed(reason, message_):
            raise Blocked(reason, message_)
