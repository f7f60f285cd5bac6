"""Work that follows from writes: each piece once, in the order it came up, between the requests."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any, Final, TypeAlias

from holdfast.model.errors import ApiError
from holdfast.sandbox.storage import StorageFull

RETRY_SECONDS: Final = 1.0
_LOG: Final = logging.getLogger(__name__)

_Item: TypeAlias = tuple[Callable[..., None], tuple[Hashable, ...]]


class WorkQueue:
    """An item that waits is not added a second time; one that is being worked on is."""

    def __init__(self) -> None:
        self._items: deque[_Item] = deque()
        self._waiting: set[_Item] = set()
        self._event = asyncio.Event()

    def add(self, work: Callable[..., None], *arguments: Hashable) -> None:
        item: _Item = (work, arguments)
        if item not in self._waiting:
            self._waiting.add(item)
            self._items.append(item)
            self._event.set()

    def drain(self) -> None:
        """Does all there is, and what that brings."""
        while self._items:
            self._do_next()

    async def run(self) -> None:
        """Does what comes, one item a turn of the loop, until it is cancelled."""
        while True:
            await self._event.wait()
            self._event.clear()
            while self._items:
                item = self._items[0]
                try:
                    self._do_next()
                except (StorageFull, ApiError) as error:
                    _LOG.warning("put off: %s", error)
                    await asyncio.sleep(RETRY_SECONDS)
                    self.add(item[0], *item[1])
                except Exception:  # noqa: BLE001 - one item that finds a fault of ours must not end the others' work
                    _LOG.exception("given up")
                await asyncio.sleep(0)

    def _do_next(self) -> Any:
        item = self._items.popleft()
        self._waiting.discard(item)
        work, arguments = item
        work(*arguments)
