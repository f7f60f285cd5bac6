"""A webhook is told what happens to a Rollout: once, also over a restart of the controller."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import msgspec
import pytest
from aiohttp import web

from holdfast.assembly.notifications import notification_tools
from holdfast.cli.rollout import rollouts
from holdfast.cli.rollout.rollouts import ROLLOUT
from holdfast.controllers.notification.controller import NotificationController
from holdfast.controllers.notification.outbox import LABEL
from holdfast.controllers.notification.subject import ROLLOUTS
from holdfast.controllers.rollout.controller import RolloutController
from holdfast.engine.notify import record
from holdfast.engine.rollout import requests
from holdfast.model.kube import KubeObject, annotations_of
from holdfast.model.resource_types import EVENT
from holdfast.ports.cluster import PatchKind
from tests.features.house import House
from tests.features.page import Page
from tests.unit.adapters.local_http import serving

NAMED = "https://deploys.example.com"
QUIET = 8
"""Seconds in which a second telling would have come."""


class Deploys:
    """The service of the page; while `is_down` it takes nothing."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.tokens: set[str] = set()
        self.is_down = False
        self.attempts = 0

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.attempts += 1
        if self.is_down:
            return web.Response(status=503)
        said: dict[str, Any] = await request.json()
        self.told.append((request.path, said["phase"]))
        self.tokens.add(request.headers["Authorization"])
        return web.Response()


@asynccontextmanager
async def controllers(house: House) -> AsyncIterator[None]:
    """A new process."""
    async with notification_tools() as tools:
        notifications = NotificationController(
            cluster=house.cluster,
            clock=house.clock,
            random=Random(),
            subject=ROLLOUTS,
            namespaces=(house.control_namespace,),
            notifier=tools.notifier,
            texts=tools.texts,
        )
        rolling = RolloutController(cluster=house.cluster, clock=house.clock, random=Random(), tidings=notifications)
        tasks = [asyncio.create_task(one.run()) for one in (rolling, notifications)]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


async def set_up(house: House, page: Page, address: str) -> None:
    text = page.block("settings")
    assert NAMED in text
    for obj in page.all("settings"):
        raw = msgspec.json.encode(obj).decode().replace(NAMED, address)
        await house.create(msgspec.json.decode(raw))


async def change(house: House, body: dict[str, Any]) -> None:
    await house.cluster.patch(ROLLOUT, house.namespace, house.app, body, PatchKind.MERGE, field_manager="person")


async def the_rollout(house: House) -> KubeObject:
    found = await house.get(ROLLOUT, house.app)
    assert found is not None
    return found


async def until_phase(house: House, phase: str) -> None:
    async def is_there() -> bool:
        found = await the_rollout(house)
        status = found.get("status") or {}
        is_seen = status.get("observedGeneration") == str(found["metadata"]["generation"])
        return is_seen and status.get("phase") == phase

    await house.until(is_there, f"the Rollout is {phase}")


async def until_told(house: House, deploys: Deploys, *phases: str) -> None:
    async def are_told() -> bool:
        return len(deploys.told) >= len(phases)

    await house.until(are_told, f"the webhook is told {phases}")
    assert deploys.told == [(f"/{house.app}", phase) for phase in phases]


async def released(house: House, page: Page) -> None:
    rollout = page.yaml("rollout")
    rollout["metadata"]["namespace"] = house.namespace
    await house.create(rollout)
    await until_phase(house, "Healthy")
    container = {"name": "site", "image": "registry.example.com/site:2"}
    await change(house, {"spec": {"template": {"spec": {"containers": [container]}}}})
    await until_phase(house, "Paused")


async def abort(house: House) -> None:
    await rollouts.ask(house.cluster, house.app, house.namespace, requests.abort)


async def pending(house: House) -> int:
    return len((await house.cluster.list(EVENT, namespace=house.namespace, labels=f"{LABEL}=pending")).items)


@pytest.mark.feature("rollout-notifications")
async def test_a_pause_and_an_abort_are_told_once_each_over_a_restart(house: House, page: Page) -> None:
    deploys = Deploys()
    async with serving(deploys.answer) as address:
        await set_up(house, page, address)
        async with controllers(house):
            await released(house, page)
            await until_told(house, deploys, "Paused")
        async with controllers(house):
            await house.clock.sleep(QUIET)
            await until_told(house, deploys, "Paused")
            await abort(house)
            await until_phase(house, "Degraded")
            await until_told(house, deploys, "Paused", "Degraded")
        async with controllers(house):
            await house.clock.sleep(QUIET)
            await until_told(house, deploys, "Paused", "Degraded")
            assert await pending(house) == 0
    assert deploys.tokens == {"Bearer only-the-service-sees-this"}
    told = record.read(annotations_of(await the_rollout(house))[record.ANNOTATION])
    assert len(told) == 2


@pytest.mark.feature("rollout-notifications")
async def test_what_one_controller_could_not_tell_the_next_one_tells(house: House, page: Page) -> None:
    deploys = Deploys()
    deploys.is_down = True
    async with serving(deploys.answer) as address:
        await set_up(house, page, address)
        async with controllers(house):
            await released(house, page)

            async def was_tried() -> bool:
                return deploys.attempts > 0

            await house.until(was_tried, "the webhook was tried")
            await house.clock.sleep(0.5)
        deploys.is_down = False
        async with controllers(house):
            await until_told(house, deploys, "Paused")
            await house.clock.sleep(QUIET)
            await until_told(house, deploys, "Paused")
