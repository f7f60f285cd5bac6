"""Takes in webhooks: has exactly the applications looked at that a push or a new tag concerns."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final, Protocol

from aiohttp import web

from holdfast.engine.webhooks import read
from holdfast.engine.webhooks.concerned import concern
from holdfast.model.application import Application
from holdfast.model.errors import ApiError
from holdfast.model.keys import NamespacedName
from holdfast.model.pull_request import PullRequestChange
from holdfast.model.webhook import Change, WebhookSecrets

PATH: Final = "/api/webhook"
MAX_BYTES: Final = 10 * 1024**2
"""A payload is decoded whole; GitHub sends at most 25 MB, and hardly ever more than one."""

log = logging.getLogger(__name__)


class Applications(Protocol):
    """What the handler needs of whoever keeps the applications."""

    def all(self) -> Iterable[Application]: ...

    def secrets(self) -> WebhookSecrets: ...

    def refresh(self, app: NamespacedName) -> None:
        """Looks at the application now, and asks its repository."""
        ...

    def preview(self, change: PullRequestChange) -> list[str]:
        """Has the pull request previewed, where somebody wants that. Raises TooManyRequests."""
        ...


def routes(applications: Applications) -> web.RouteTableDef:
    table = web.RouteTableDef()

    @table.post(PATH)
    async def webhook(request: web.Request) -> web.Response:
        body = await request.read()
        try:
            changes = read.changes(request.headers, body, applications.secrets())
            pulls = [change for change in changes if isinstance(change, PullRequestChange)]
            previews = [name for change in pulls for name in applications.preview(change)]
        except ApiError as error:
            log.warning("webhook from %s refused: %s", request.remote, error.message)
            return web.json_response({"error": error.message}, status=error.status)
        if pulls:
            log.info("webhook: %d previews of pull requests", len(previews))
            return web.json_response({"refreshed": [], "previews": previews})
        names = refreshed(applications, changes)
        return web.json_response({"refreshed": [f"{name.namespace}/{name.name}" for name in names]})

    return table


def refreshed(applications: Applications, changes: Iterable[Change]) -> list[NamespacedName]:
    """Has the applications that are concerned looked at, and answers which they are."""
    told = tuple(changes)
    names = sorted(
        app.metadata.key
        for app in (applications.all() if told else ())
        if any(concern(app, change).refresh for change in told)
    )
    for name in names:
        applications.refresh(name)
    log.info("webhook: %d changes concern %d applications", len(told), len(names))
    return names


def application(applications: Applications) -> web.Application:
    """The HTTP application with the webhook and a health endpoint."""
    app = web.Application(client_max_size=MAX_BYTES)
    app.add_routes(routes(applications))

    async def healthz(_: web.Request) -> web.Response:
        return web.Response(text="ok")

    app.router.add_get("/healthz", healthz)
    return app
