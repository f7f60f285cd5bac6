"""Writes Kubernetes Events beside the work that they tell of."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from holdfast.controllers.application.joined_events import JoinedEvents
from holdfast.model.errors import HoldfastError
from holdfast.model.kube import KubeObject
from holdfast.model.names import FIELD_MANAGER
from holdfast.model.resource_types import EVENT
from holdfast.ports.clock import Clock
from holdfast.ports.cluster import Writer

MOST_WAITING = 10_000
LONGEST_WAY_GIVEN = 20.0
"""In seconds, from the first event of a burst on."""
LOOK_AGAIN = 0.1

log = logging.getLogger("holdfast.application")


class EventQueue:
    """Events that are yet to be written, one at a time, and while `is_at_work` not before they have waited for a while: they
    hold up nothing and leave the server to the syncs, so those of a burst come later, and in fewer objects."""

    def __init__(self, cluster: Writer, clock: Clock, is_at_work: Callable[[], bool] = lambda: False) -> None:
        self._cluster = cluster
        self._clock = clock
        self.is_at_work = is_at_work
        self._waiting = JoinedEvents()
        self._has_come = asyncio.Event()
        self._is_writing = False

    @property
    def is_empty(self) -> bool:
        return not self._waiting and not self._is_writing

    def put(self, event: KubeObject) -> None:
        if len(self._waiting) >= MOST_WAITING:
            _lost(event, f"{MOST_WAITING} are waiting already")
            return
        self._waiting.add(event)
        self._has_come.set()

    async def run(self) -> None:
        """Until cancelled; what has not been written by then is not written any more."""
        while True:
            await self._has_come.wait()
            await self._give_way()
            while self._waiting:
                await self._write(self._waiting.take())
            self._has_come.clear()

    async def _give_way(self) -> None:
        until = self._clock.monotonic() + LONGEST_WAY_GIVEN
        while self.is_at_work() and self._clock.monotonic() < until:
            await self._clock.sleep(LOOK_AGAIN)

    async def _write(self, event: KubeObject) -> None:
        self._is_writing = True
        try:
            await self._cluster.create(EVENT, event, field_manager=FIELD_MANAGER)
        except HoldfastError as error:
            _lost(event, str(error))
        finally:
            self._is_writing = False


def _lost(event: KubeObject, why: str) -> None:
    about = event["involvedObject"]
    log.warning("%s/%s: the event %s was not written: %s", about["namespace"], about["name"], event["reason"], why)
