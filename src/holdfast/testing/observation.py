"""What a simulation sees and hears of itself: who makes which request, what is written, what is logged."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

from holdfast.ports.clock import Clock
from holdfast.ports.transport import Request, Response, Stream, Transport
from holdfast.testing.invariants import ACTOR, SENT, Write

Hear = Callable[[str, bool], None]
"""Takes a line of the log, and whether it tells of a bug."""


class Acting:
    """A transport whose requests are known to be made by `actor`."""

    def __init__(self, inner: Transport, actor: str) -> None:
        self._inner = inner
        self._actor = actor

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        before = ACTOR.set(self._actor)
        try:
            return await self._inner.send(request, timeout=timeout)
        finally:
            ACTOR.reset(before)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return self._inner.stream(request)

    async def close(self) -> None:
        pass


class Stamping:
    """A transport that notes when each request was sent, however late it arrives."""

    def __init__(self, inner: Transport, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        before = SENT.set(self._clock.monotonic())
        try:
            return await self._inner.send(request, timeout=timeout)
        finally:
            SENT.reset(before)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return self._inner.stream(request)

    async def close(self) -> None:
        await self._inner.close()


class _Ear(logging.Handler):
    def __init__(self, hear: Hear) -> None:
        super().__init__(logging.INFO)
        self._hear = hear
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._hear(self.format(record), record.exc_info is not None)


@contextmanager
def listening(hear: Hear) -> Iterator[None]:
    """Everything that Holdfast logs is heard, and goes nowhere else."""
    logger = logging.getLogger("holdfast")
    before = logger.level, logger.propagate
    ear = _Ear(hear)
    logger.addHandler(ear)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(ear)
        logger.setLevel(before[0])
        logger.propagate = before[1]


def summary(write: Write) -> str:
    """Of an Application the part of its status that matters for a reader of the log."""
    status = (write.after or {}).get("status") or {}
    if write.deletes:
        return " (a deletion)"
    if write.key.kind == "Event":
        return f": {write.obj.get('reason')}: {write.obj.get('message')}"
    if write.key.kind != "Application":
        return ""
    state = status.get("operationState") or {}
    sync, health = status.get("sync") or {}, status.get("health") or {}
    told = (sync.get("status"), health.get("status"), state.get("phase"), state.get("message"))
    return ": " + ", ".join(str(word) for word in told if word)
