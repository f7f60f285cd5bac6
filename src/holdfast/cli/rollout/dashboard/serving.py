"""Serves the page on this machine's own address, reads the Rollouts for it and sends what a button asks."""

from __future__ import annotations

import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import Final

from aiohttp import web

from holdfast.cli.rollout import rollouts
from holdfast.cli.rollout.dashboard.actions import ACTIONS
from holdfast.cli.rollout.dashboard.entries import Entry, entries
from holdfast.cli.rollout.dashboard.guard import guard
from holdfast.cli.rollout.dashboard.page import page
from holdfast.model.errors import ApiError, Blocked
from holdfast.ports.cluster import Cluster
from holdfast.runtime.clock import SystemClock

LOOPBACK: Final = "127.0.0.1"
MAX_BYTES: Final = 16 * 1024
"""Of what a button sends: two names."""


@asynccontextmanager
async def serving(cluster: Cluster, namespace: str, port: int) -> AsyncIterator[str]:
    """Answers the address with its token. Raises Blocked when the port is taken."""
    listening = _listen(port)
    port, token = listening.getsockname()[1], secrets.token_urlsafe(32)
    application = web.Application(middlewares=[guard(token, port)], client_max_size=MAX_BYTES)
    application.add_routes(_routes(cluster, namespace))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        yield f"http://{LOOPBACK}:{port}/?token={token}"
    finally:
        await runner.cleanup()
        listening.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((LOOPBACK, port))
    except OSError as error:
        listening.close()
        raise Blocked(
            "AddressTaken", f"port {port} cannot be listened on: {error.strerror}; leave --port out for a free one"
        ) from None
    return listening


def _routes(cluster: Cluster, namespace: str) -> web.RouteTableDef:
    table = web.RouteTableDef()

    @table.get("/")
    async def look(_: web.Request) -> web.Response:
        return await _answer(cluster, namespace)

    @table.post("/")
    async def act(request: web.Request) -> web.Response:
        fields = {name: str(value) for name, value in (await request.post()).items()}
        try:
            said = await _act(cluster, namespace, fields)
        except Blocked as error:
            return await _answer(cluster, namespace, error.message, status=409)
        except ApiError as error:
            return await _answer(cluster, namespace, f"the cluster refused: {error.message}", status=409)
        return await _answer(cluster, namespace, said)

    @table.get("/page.css")
    async def style(_: web.Request) -> web.Response:
        return web.Response(text=_file("page.css"), content_type="text/css")

    @table.get("/page.js")
    async def script(_: web.Request) -> web.Response:
        return web.Response(text=_file("page.js"), content_type="text/javascript")

    return table


async def _act(cluster: Cluster, namespace: str, fields: dict[str, str]) -> str:
    action, where, name = ACTIONS.get(fields.get("action", "")), fields.get("namespace", ""), fields.get("name", "")
    if action is None or not where or not name or "/" in name:
        raise Blocked("NoAction", f"asked for is one of {', '.join(ACTIONS)}, of a namespace and a name")
    if namespace and where != namespace:
        raise Blocked("OtherNamespace", f"this page acts in namespace {namespace!r} alone")
    now = SystemClock().now()
    return await rollouts.ask(cluster, name, where, lambda rollout: action.request(rollout, now))


async def _answer(cluster: Cluster, namespace: str, said: str = "", *, status: int = 200) -> web.Response:
    where = f"namespace {namespace}" if namespace else "all namespaces"
    found: list[Entry] = []
    try:
        listing = await cluster.list(rollouts.ROLLOUT, namespace=namespace)
        found = entries((live.decode() for live in listing.items), SystemClock().now())
    except ApiError as error:
        said, status = f"no Rollouts from the cluster: {error.message}", 502
    text = page(found, where=where, said=said, is_refused=status != 200)
    return web.Response(text=text, content_type="text/html", status=status)


def _file(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")
