"""Serves what other programs call: webhooks, monitoring, and the question whether we are alive."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager

from aiohttp import web

from holdfast.controllers.application.controller import ApplicationController
from holdfast.controllers.application.customized import SETTINGS_MAP
from holdfast.controllers.preview.controller import PreviewController
from holdfast.engine.webhooks import limits, secrets
from holdfast.model.application import Application
from holdfast.model.errors import Blocked
from holdfast.model.keys import NamespacedName
from holdfast.model.pull_request import PullRequestChange
from holdfast.model.rendering import ChartUse
from holdfast.model.webhook import WebhookLimits, WebhookSecrets
from holdfast.runtime.clock import SystemClock
from holdfast.server import monitoring, webhooks


class _Kept:
    """The applications of a controller as the server sees them."""

    def __init__(self, controller: ApplicationController, previews: PreviewController) -> None:
        self._controller = controller
        self._previews = previews

    def all(self) -> Iterable[Application]:
        return self._controller.applications()

    def charts(self, app: NamespacedName) -> Iterable[ChartUse]:
        return self._controller.charts_of(app)

    def secrets(self) -> WebhookSecrets:
        return secrets.from_secret(self._controller.settings_secret())

    def limits(self) -> WebhookLimits:
        return limits.from_settings(self._controller.world.config_map(SETTINGS_MAP))

    def refresh(self, app: NamespacedName) -> None:
        self._controller.refresh(app)

    def preview(self, change: PullRequestChange) -> list[str]:
        return [str(key) for key in self._previews.take(change)]


def address_of(text: str) -> tuple[str, int]:
    """ "127.0.0.1:8080", "[::1]:8080" or ":8080" (all addresses). Raises Blocked."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or int(port) > 65535:
        raise Blocked("AddressInvalid", f"{text!r} is no address to listen on: write HOST:PORT, such as 127.0.0.1:8080")
    return host.strip("[]"), int(port)


@asynccontextmanager
async def serving(controller: ApplicationController, previews: PreviewController, listen: str) -> AsyncIterator[str]:
    """Answers the address. Raises Blocked when nobody can listen there."""
    async with _listening(webhooks.application(_Kept(controller, previews), SystemClock()), listen) as url:
        yield url


@asynccontextmanager
async def monitored(exposition: Callable[[], str], listen: str) -> AsyncIterator[str]:
    """Answers the address, "" where nobody asked to be monitored. Raises Blocked when nobody can listen there."""
    if not listen:
        yield ""
        return
    async with _listening(monitoring.application(exposition), listen) as url:
        yield url


@asynccontextmanager
async def _listening(application: web.Application, listen: str) -> AsyncIterator[str]:
    host, port = address_of(listen)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host or None, port)
        try:
            await site.start()
        except OSError as error:
            raise Blocked("AddressTaken", f"{listen} cannot be listened on: {error.strerror}") from None
        yield f"http://{host or '0.0.0.0'}:{runner.addresses[0][1]}"  # noqa: S104 - said, not bound
    finally:
        await runner.cleanup()
