"""Takes in webhooks: has exactly the applications looked at that a push or a new tag concerns."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Final, Protocol

from aiohttp import web

from holdfast.engine.webhooks import read
from holdfast.engine.webhooks.concerned import concern
from holdfast.model.application import Application
from holdfast.model.errors import ApiError, BadRequest, TooManyRequests
from holdfast.model.keys import NamespacedName
from holdfast.model.pull_request import PullRequestChange
from holdfast.model.rendering import ChartUse
from holdfast.model.webhook import Change, WebhookLimits, WebhookSecrets
from holdfast.ports.clock import Clock
from holdfast.server.admission import RETRY, Admission, too_many

PATH: Final = "/api/webhook"
MAX_BYTES: Final = 10 * 1024**2
"""A payload is decoded whole; GitHub sends at most 25 MB, and hardly ever more than one."""

log = logging.getLogger(__name__)


class Applications(Protocol):
    """What the handler needs of whoever keeps the applications."""

    def all(self) -> Iterable[Application]: ...

    def charts(self, app: NamespacedName) -> Iterable[ChartUse]:
        """Those that it was rendered with last, beside those that its sources name."""
        ...

    def secrets(self) -> WebhookSecrets: ...

    def limits(self) -> WebhookLimits: ...

    def refresh(self, app: NamespacedName) -> None:
        """Looks at the application now, and asks its repository."""
        ...

    def preview(self, change: PullRequestChange) -> list[str]:
        """Has the pull request previewed, where somebody wants that. Raises TooManyRequests."""
        ...


def routes(applications: Applications, clock: Clock) -> web.RouteTableDef:
    table = web.RouteTableDef()
    admission = Admission(clock)

    @table.post(PATH)
    async def webhook(request: web.Request) -> web.Response:
        try:
            changes = await _admitted(request, applications, admission)
            pulls = [change for change in changes if isinstance(change, PullRequestChange)]
            previews = [name for change in pulls for name in applications.preview(change)]
        except TooManyRequests as error:
            log.debug("webhook from %s put off: %s", request.remote, error.message)
            headers = {"Retry-After": str(error.details.get(RETRY, 60))}
            return web.json_response({"error": error.message}, status=error.status, headers=headers)
        except ApiError as error:
            log.warning("webhook from %s refused: %s", request.remote, error.message)
            return web.json_response({"error": error.message}, status=error.status)
        if pulls:
            log.info("webhook: %d previews of pull requests", len(previews))
            return web.json_response({"refreshed": [], "previews": previews})
        names = refreshed(applications, changes)
        return web.json_response({"refreshed": [f"{name.namespace}/{name.name}" for name in names]})

    return table


async def _admitted(request: web.Request, applications: Applications, admission: Admission) -> tuple[Change, ...]:
    """What the webhook says. Whoever proves that he shares a secret with us is never put off for what others send; all
    else takes tokens, what is refused included. Raises ApiError, and HTTPRequestEntityTooLarge."""
    limits, address = applications.limits(), request.remote or ""
    if not read.claims_proof(request.headers):
        admission.check(address, limits)
    try:
        body = await _body(request, limits, admission)
        received = read.received(request.headers, body, applications.secrets())
    except TooManyRequests:
        raise
    except (ApiError, web.HTTPException):
        admission.charge(address, limits)
        raise
    if not received.is_proven:
        admission.charge(address, limits)
    return received.changes


async def _body(request: web.Request, limits: WebhookLimits, admission: Admission) -> bytes:
    has_turn = False
    try:
        async with asyncio.timeout(limits.seconds), admission.turn(limits):
            has_turn = True
            return await request.read()
    except TimeoutError:
        if has_turn:
            raise BadRequest(f"the body did not come within {limits.seconds:g} s", status=408) from None
        raise too_many("too many webhooks at once", limits.seconds) from None


def refreshed(applications: Applications, changes: Iterable[Change]) -> list[NamespacedName]:
    """Has the applications that are concerned looked at, and answers which they are."""
    told = tuple(changes)
    names = sorted(
        app.metadata.key
        for app in (applications.all() if told else ())
        if any(concern(app, change, applications.charts(app.metadata.key)).refresh for change in told)
    )
    for name in names:
        applications.refresh(name)
    log.info("webhook: %d changes concern %d applications", len(told), len(names))
    return names


def application(applications: Applications, clock: Clock) -> web.Application:
    """The HTTP application with the webhook and a health endpoint."""
    app = web.Application(client_max_size=MAX_BYTES)
    app.add_routes(routes(applications, clock))

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.router.add_get("/healthz", healthz)
    return app
