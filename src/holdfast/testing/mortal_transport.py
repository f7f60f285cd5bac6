"""A process that can die between any two of its writes."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from random import Random

from holdfast.ports.transport import Request, Response, Stream, Transport

WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class MortalTransport:
    """From the write on at which it `died`, nothing of its process reaches anybody; that write itself may have landed."""

    def __init__(self, inner: Transport, random: Random) -> None:
        self.died = asyncio.Event()
        self._inner = inner
        self._random = random
        self._left: int | None = None

    def die_after(self, writes: int) -> None:
        self._left = writes

    async def send(self, request: Request, *, timeout: float = 60.0) -> Response:
        if self.died.is_set():
            await asyncio.Event().wait()
        if request.method in WRITES and self._left is not None:
            self._left -= 1
            if self._left <= 0:
                self.died.set()
                if self._random.random() < 0.7:
                    await self._inner.send(request, timeout=timeout)
                await asyncio.Event().wait()
        return await self._inner.send(request, timeout=timeout)

    def stream(self, request: Request) -> AbstractAsyncContextManager[Stream]:
        return self._inner.stream(request)

    async def close(self) -> None:
        await self._inner.close()
