"""Answers monitoring, which asks for figures as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from aiohttp import web

PATH: Final = "/metrics"
CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


def application(exposition: Callable[[], str]) -> web.Application:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=exposition().encode(), headers={"Content-Type": CONTENT_TYPE})

    app = web.Application()
    app.router.add_get(PATH, answer)
    return app
