"""How long a render that fails is left alone."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from holdfast.controllers.application.failed_renders import LONGEST_PAUSE, FailedRenders
from holdfast.model.application import ApplicationSource
from holdfast.model.errors import Blocked
from holdfast.model.filetree import TreeLocation
from holdfast.model.keys import NamespacedName
from holdfast.model.rendering import RenderRequest
from holdfast.runtime.clock import LoopClock

APP = NamespacedName("argocd", "web")
REQUEST = RenderRequest(
    location=TreeLocation("mirror", "a" * 40),
    source=ApplicationSource(path="helm"),
    app_name="web",
    app_namespace="argocd",
    project="default",
    namespace="shop",
    kube_version="v1.37.2",
)
POLL = 120.0


class Renders:
    """Tries as the controller does, and counts."""

    def __init__(self, reason: str) -> None:
        self.clock = LoopClock(datetime(2026, 1, 1, tzinfo=UTC))
        self.failed = FailedRenders(self.clock)
        self.blocked = Blocked(reason, "no")

    def is_tried(self, request: RenderRequest = REQUEST) -> bool:
        try:
            self.failed.check(APP, request)
        except Blocked:
            return False
        self.failed.remember(APP, request, self.blocked, POLL)
        return True

    async def pauses(self, tries: int) -> list[float]:
        found: list[float] = []
        since = self.clock.monotonic()
        while len(found) < tries:
            await self.clock.sleep(POLL / 2)
            if self.is_tried():
                found.append(self.clock.monotonic() - since)
                since = self.clock.monotonic()
        return found


async def test_what_fails_quickly_is_tried_at_every_poll() -> None:
    renders = Renders("TemplateError")
    assert renders.is_tried()
    assert await renders.pauses(4) == [POLL] * 4


@pytest.mark.parametrize("reason", ["RenderTimeout", "RenderOutOfMemory"])
async def test_what_was_killed_waits_longer_each_time_up_to_an_hour(reason: str) -> None:
    renders = Renders(reason)
    assert renders.is_tried()
    assert await renders.pauses(7) == [POLL, 2 * POLL, 4 * POLL, 8 * POLL, 16 * POLL, LONGEST_PAUSE, LONGEST_PAUSE]


async def test_other_inputs_are_tried_at_once_and_begin_anew() -> None:
    renders = Renders("RenderTimeout")
    assert renders.is_tried()
    await renders.pauses(3)
    other = msgspec.structs.replace(REQUEST, source=ApplicationSource(path="helm", target_revision="main"))
    assert not renders.is_tried(msgspec.structs.replace(REQUEST, api_versions=("v1/ConfigMap",)))
    assert renders.is_tried(other)
    assert renders.is_tried()
    assert await renders.pauses(2) == [POLL, 2 * POLL]


async def test_a_refresh_tries_again_only_what_failed_quickly_and_a_hard_one_everything() -> None:
    for reason, again in (("TemplateError", True), ("RenderTimeout", False)):
        renders = Renders(reason)
        assert renders.is_tried()
        renders.failed.refreshed(APP)
        assert renders.is_tried() is again
        renders.failed.forget(APP)
        assert renders.is_tried()
