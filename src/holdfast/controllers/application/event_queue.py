"""Writes Kubernetes Events beside the work that they tell of."""

from __future__ import annotations

import asyncio
import logging

from holdfast.model.errors import HoldfastError
from holdfast.model.kube import KubeObject
from holdfast.model.names import FIELD_MANAGER
from holdfast.model.resource_types import EVENT
from holdfast.ports.cluster import Writer

MOST_WAITING = 10_000
AT_ONCE = 4

log = logging.getLogger("holdfast.application")


class EventQueue:
    """Events that are yet to be written: they hold up nothing, and those of a burst come a little later."""

    def __init__(self, cluster: Writer) -> None:
        self._cluster = cluster
        self._waiting: asyncio.Queue[KubeObject] = asyncio.Queue(MOST_WAITING)
        self._writing = 0

    @property
    def is_empty(self) -> bool:
        return self._waiting.empty() and not self._writing

    def put(self, event: KubeObject) -> None:
        try:
            self._waiting.put_nowait(event)
        except asyncio.QueueFull:
            _lost(event, f"{MOST_WAITING} are waiting already")

    async def run(self) -> None:
        """Until cancelled; what has not been written by then is not written any more."""
        async with asyncio.TaskGroup() as group:
            for _ in range(AT_ONCE):
                group.create_task(self._write(), name="application: events")

    async def _write(self) -> None:
        while True:
            event = await self._waiting.get()
            self._writing += 1
            try:
                await self._cluster.create(EVENT, event, field_manager=FIELD_MANAGER)
            except HoldfastError as error:
                _lost(event, str(error))
            finally:
                self._writing -= 1


def _lost(event: KubeObject, why: str) -> None:
    about = event["involvedObject"]
    log.warning("%s/%s: the event %s was not written: %s", about["namespace"], about["name"], event["reason"], why)
