"""A service of notifications for tests: it remembers what it took, and refuses as it is told to."""

from __future__ import annotations

import asyncio

from holdfast.model.notification import Message
from holdfast.ports.notifications import Undelivered


class MemoryNotifier:
    """A Notifier. `failures` are raised by the next attempts, one each; while `hangs` nothing is answered."""

    def __init__(self, *failures: Undelivered) -> None:
        self.failures = list(failures)
        self.hangs = False
        self.attempts = 0
        self.taken: list[Message] = []
        self.guarded: list[bool] = []

    async def send(self, message: Message, *, guarded: bool) -> None:
        self.attempts += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(message)
        self.guarded.append(guarded)

    async def close(self) -> None:
        pass
