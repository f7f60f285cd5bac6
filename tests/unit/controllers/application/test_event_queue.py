"""Events are written when there is nothing better to do, and in the end all the same."""

from __future__ import annotations

import asyncio

from holdfast.controllers.application.event_queue import LONGEST_WAY_GIVEN, EventQueue
from holdfast.controllers.application.events import Reason, event_about
from holdfast.model.application import Application
from holdfast.model.metadata import ObjectMeta
from tests.unit.controllers.application.harness import Stage, namespace, stage

WEB = Application(metadata=ObjectMeta(name="web", namespace="argocd", uid="1"))


async def waited(world: Stage, *, work: float) -> float:
    """How many seconds it takes until an event is written, where there is other work for so many."""
    began = world.clock.monotonic()
    queue = EventQueue(world.cluster, world.clock, lambda: world.clock.monotonic() < began + work)
    writing = asyncio.create_task(queue.run())
    queue.put(event_about(WEB, Reason.OPERATION_COMPLETED, "done", at=world.clock.now().isoformat(), mark=f"{work}"))
    while not queue.is_empty:
        await world.clock.sleep(0.1)
    writing.cancel()
    return round(world.clock.monotonic() - began)


async def test_events_give_way_to_work_for_a_while() -> None:
    async with stage() as world:
        await namespace(world)
        assert await waited(world, work=0) == 0
        assert await waited(world, work=5) == 5
        assert await waited(world, work=300) == LONGEST_WAY_GIVEN
